# %% [markdown]
# # 02. Model an order
#
# A token says how somebody will pay. It does not say what for. Before any money moves, your
# shop must write down who wants what, for how much, and how far the sale has come. This chapter
# builds that memory: an item, an order, an amount and a status that nobody can invent.

# %% [markdown]
# **What you will be able to do**
#
# - Read what the browser sends once Stripe has taken the card details.
# - Count money in whole numbers, in currencies with two decimals, none, or three.
# - Describe items and orders with typed SQLAlchemy models, and save them.
# - Let the database refuse what must never be stored.
# - Give an order a status that follows rules, and change a table that is already in use.
#
# **What you need**: chapter 01 (necessary: you know what a token is), a little SQL (helpful).
# The lesson takes about 30 minutes, the exercises about 25.
#
# **Out of scope here**: several items in one order (chapter 03), charging it without ever
# charging twice (chapter 04).

# %%
from decimal import Decimal
from enum import StrEnum

import stripe
from flask import Flask, request
from sqlalchemy import CheckConstraint, Column, String, create_engine, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, validates
from sqlalchemy.schema import CreateTable

from classroom import connect, shop, show

# %% [markdown]
# ## Receive the order data
#
# After payment data comes order data. The browser got a token from Stripe; now it sends the
# token to you, together with the ids of the items. Here is the smallest shop that listens.

# %%
app = Flask("smallest_shop")


@app.post("/orders")
def receive_order():
    data = request.get_json()
    return {"fields": sorted(data), "items": len(data["item_ids"])}


# %% [markdown]
# Flask's test client plays the browser. It posts one lamp, one table, one bookshelf and three
# chairs.

# %%
order_data = {"token": "tok_visa", "item_ids": [1, 2, 3, 5, 5, 5]}
app.test_client().post("/orders", json=order_data).json

# %% [markdown]
# `request.get_json()` turned the body into a dict. It also refuses what is not JSON: a form
# gets **415**, *unsupported media type*, before your code reads a byte of it.

# %%
app.test_client().post("/orders", data={"item_ids": "1"}).status_code

# %% [markdown]
# Look at what is *not* in the order data. There is no card number: that stayed with Stripe. And
# there is no price. Whoever sends the price decides the price, so yours come from your own
# database.
#
# Which raises a question: how do you write a price down?

# %% [markdown]
# ## Count money in whole cents
#
# Stripe wants amounts in cents. A plant stand costs 19.99. **Before you run the next cell:**
# what will it say?

# %%
int(19.99 * 100)

# %% [markdown]
# One cent is gone. A `float` is a binary fraction, and 19.99 has no exact one, as a third has
# no exact decimal. You can see what Python really keeps:

# %%
Decimal.from_float(19.99)

# %% [markdown]
# So `19.99 * 100` is a little below 1999, and `int` cuts off what follows the point. An app
# store shipped this line: apps priced $19.99 were billed at $19.98, for as long as they were
# sold. (That is issue 10158 of `BasedHardware/omi` on GitHub, `BasedHardware/omi#10158` for
# short.)
#
# **Before you run it:** of the 10,000 prices from 0.01 to 100.00, how many lose a cent this way?

# %%
sum(int(cents / 100 * 100) != cents for cents in range(1, 10_001))

# %% [markdown]
# `round` would mend those, but not the next sum somebody writes. A tax of 7.5% on 17.00 is
# 127.5 cents exactly, which rounds to 128. The float stands a hair below the half:

# %%
round(17.00 * 0.075 * 100), round(Decimal("17.00") * Decimal("0.075") * 100)

# %% [markdown]
# Hence two rules, and the whole course keeps them:
#
# 1. Inside the shop, money is an `int` that counts the currency's smallest unit: 1999, not
#    19.99. That unit is the **minor unit**.
# 2. At the edges, where a person types or reads a price, it is a `Decimal` made from *text*.

# %%
price = int(Decimal("19.99") * 100)
price

# %% [markdown]
# ## Ask how many decimals the currency has
#
# Multiplying by 100 looks harmless. Now sell a poster for 500 yen. **Before you run it:** how
# much will the customer pay?

# %%
int(Decimal("500") * 100)

# %% [markdown]
# Fifty thousand yen. The yen has no smaller coin, so its minor unit is the yen itself, and
# Stripe reads the number as written. A billing system shipped this: a product at ¥80 was
# charged at ¥8000 (`Paymenter/Paymenter#1258`).
#
# So the factor depends on the currency. Most have two decimals. **Zero-decimal currencies**
# have none, and a few, such as the Kuwaiti dinar, have three. `Decimal.scaleb(n)` moves the
# decimal point `n` places to the right:

# %%
DECIMALS = {"usd": 2, "eur": 2, "jpy": 0, "krw": 0, "kwd": 3}

for amount, currency in [("19.99", "usd"), ("500", "jpy"), ("1.230", "kwd")]:
    print(amount, currency, "->", int(Decimal(amount).scaleb(DECIMALS[currency])))

# %% [markdown]
# What about an amount that the currency cannot express? Half a cent is no coin:

# %%
Decimal("9.995").scaleb(DECIMALS["usd"])

# %% [markdown]
# `int` would drop that half without a word. A shop that refuses it finds the mistake on the day
# it is made: compare the scaled amount with its own `int`, and raise `ValueError` if they
# differ.
#
# One more rule of Stripe's: amounts in three-decimal currencies must end in 0. 1.230 dinars is
# 1230 and goes through, 1234 does not.

# %% [markdown]
# The way back is for people only. The shop's `format_money` knows symbols, separators and
# decimals of every currency:

# %%
from sample_app.money import format_money

for minor, currency in [(1999, "usd"), (500, "jpy"), (1230, "kwd")]:
    print(format_money(minor, currency))

# %% [markdown]
# ## Know the smallest charge
#
# A coupon takes 99% off a 39.00 lamp. That leaves 39 cents, a fine whole number. Ask Stripe for
# it. The next cell fails on purpose.

# %%
client = connect()

try:
    client.v1.payment_intents.create(params={"amount": 39, "currency": "usd"})
except stripe.InvalidRequestError as error:
    print(error.http_status, error.code)

# %% [markdown]
# Moving money costs money, so Stripe has a **minimum charge** per currency: 50 cents, 30 pence,
# 50 yen. A conference's ticket shop learned it from its customers: with a large coupon they got
# a page that said 500, *internal server error* (`EuroPython/epcon#1259`).

# %%
from sample_app.money import minimum_amount

{currency: minimum_amount(currency) for currency in ("usd", "gbp", "jpy", "sek")}

# %% [markdown]
# Check the minimum when the order is placed. There you can still tell the customer something
# useful.
#
# Money is settled. Next: where to keep it.

# %% [markdown]
# ## Describe an item to the database
#
# A **model** is a class that stands for a table. Each `Mapped[...]` line is a column, and the
# type says what belongs in it. All models share one base class, which collects the tables.


# %%
class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "items"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    price: Mapped[int]


# %% [markdown]
# SQLAlchemy writes the SQL for you. **Before you look:** which columns may be empty?

# %%
print(CreateTable(Item.__table__))

# %% [markdown]
# Not one: `Mapped[int]` became `NOT NULL`. To allow an empty value you would say so, with
# `Mapped[int | None]`. Your type checker reads the same line and knows it too.
#
# An **engine** knows where the database is. `sqlite://` is one that lives in memory until this
# notebook ends. `create_all` makes its tables.

# %%
engine = create_engine("sqlite://")
Base.metadata.create_all(engine)

# %% [markdown]
# ## Save, and read back
#
# A **session** is your desk. You put objects on it, and change them. Nothing is final yet.

# %%
session = Session(engine)
session.add(Item(name="Desk lamp", price=3900))
session.add(Item(name="Table", price=24900))

# %% [markdown]
# `rollback` clears the desk. To see what is left, `select(Item)` asks for all items, and
# `session.scalars` brings them as objects. **Before you run it:** how many items does the shop
# have now?

# %%
session.rollback()
session.scalars(select(Item)).all()

# %% [markdown]
# Not one. Only **commit** makes it last: everything on the desk is written, or nothing is. That
# all-or-nothing is a **transaction**.

# %%
session.add(Item(name="Desk lamp", price=3900))
session.add(Item(name="Table", price=24900))
session.commit()

[(item.id, item.name, item.price) for item in session.scalars(select(Item))]

# %% [markdown]
# The ids came from the database, in order of arrival.
#
# ## Let the database refuse nonsense
#
# Somebody imports a price list with a stray minus sign. Does anything stop it? (`session.get`
# fetches one row by its id.)

# %%
session.add(Item(name="Chair", price=-5950))
session.commit()
session.get(Item, 3).price

# %% [markdown]
# Nothing did. This shop now pays people to take chairs. A check in Python would help until the
# day somebody writes to the table from another script. Nor does a type stop much: SQLite even
# keeps `19.99` or `"cheap"` in an `INTEGER` column. A **constraint** is part of the table, so
# there is no way around it.
#
# Here are the item and your first order, each with a constraint. It stands in `__table_args__`,
# a tuple: mind the comma. A name can stand for one table per base class, so we start with a
# fresh `Base`.


# %%
class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "items"
    __table_args__ = (CheckConstraint("price >= 0", name="price_not_negative"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    price: Mapped[int]


class Order(Base):
    __tablename__ = "orders"
    __table_args__ = (CheckConstraint("amount >= 0", name="amount_not_negative"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    amount: Mapped[int]
    status: Mapped[str]
    payment_intent_id: Mapped[str | None] = mapped_column(unique=True)


# %% [markdown]
# A fresh database, and the same bad row again. This cell fails on purpose, and says which rule
# was broken.

# %%
engine = create_engine("sqlite://")
Base.metadata.create_all(engine)
session = Session(engine)
session.add(Item(name="Chair", price=-5950))

try:
    session.commit()
except IntegrityError as error:
    print(error.orig)
    session.rollback()

# %% [markdown]
# The name you gave the constraint is in the message, so a log tells you what happened. After a
# failed commit the session wants a `rollback`: without it, the next line that uses the session
# gets a `PendingRollbackError`.
#
# `unique=True` on `payment_intent_id` is a constraint too. It promises: one payment at Stripe
# pays for one order. (Orders that nobody has tried to pay have none. There may be many of them,
# because empty values do not count as equal.)

# %%
session.add(Order(amount=3900, status="pending", payment_intent_id="pi_1"))
session.add(Order(amount=24900, status="pending", payment_intent_id="pi_1"))

try:
    session.commit()
except IntegrityError as error:
    print(error.orig)
    session.rollback()

# %% [markdown]
# ## Give the order a status nobody can invent
#
# `status` is still any string. Watch a typing mistake lose a paid order:

# %%
session.add(Order(amount=3900, status="payed"))
session.commit()
session.scalars(select(Order).where(Order.status == "paid")).all()

# %% [markdown]
# The money is there, the order is stored, and no list of paid orders will ever show it. List
# the words that exist, once:


# %%
class OrderStatus(StrEnum):
    PENDING = "pending"
    PAID = "paid"
    CANCELED = "canceled"
    REFUNDED = "refunded"


# %%
try:
    OrderStatus("payed")
except ValueError as error:
    print(error)

# %% [markdown]
# That stops invented words. It does not stop an impossible *move*: a paid order set back to
# `pending` asks the customer to pay again. What may follow what is a small drawing:
#
# ```mermaid
# stateDiagram-v2
#     [*] --> pending
#     pending --> paid: Stripe has the money
#     pending --> canceled: nobody wants it any more
#     paid --> refunded: all of it went back
#     canceled --> [*]
#     refunded --> [*]
# ```
#
# Such a drawing is a **state machine**. In code it is a dict: each status, and what may come
# next.

# %%
TRANSITIONS = {
    None: {OrderStatus.PENDING},
    OrderStatus.PENDING: {OrderStatus.PAID, OrderStatus.CANCELED},
    OrderStatus.PAID: {OrderStatus.REFUNDED},
    OrderStatus.CANCELED: set(),
    OrderStatus.REFUNDED: set(),
}

# %% [markdown]
# `None` stands for an order that is about to be born. One function looks a move up:


# %%
def check_transition(current, new):
    if new not in TRANSITIONS[current]:
        raise ValueError(f"A {current or 'new'} order cannot become {new}.")
    return new


# %% [markdown]
# `validates` makes SQLAlchemy call a method on *every* assignment to a column, so no line of
# your program can forget the rules.


# %%
class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"
    __table_args__ = (CheckConstraint("amount >= 0", name="amount_not_negative"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    amount: Mapped[int]
    status: Mapped[OrderStatus]

    @validates("status")
    def move(self, _column, new):
        return check_transition(self.status, OrderStatus(new))


# %%
engine = create_engine("sqlite://")
Base.metadata.create_all(engine)
session = Session(engine)

order = Order(amount=3900, status=OrderStatus.PENDING)
order.status = OrderStatus.PAID
session.add(order)
session.commit()
order.status

# %% [markdown]
# So far, so good. Now the move that would charge the customer a second time. It fails on
# purpose.

# %%
try:
    order.status = OrderStatus.PENDING
except ValueError as error:
    print(error)

# %% [markdown]
# ## Keep "failed" out of it
#
# Did you miss a status `failed`? Many courses have one, and set it *before* they charge, "to be
# safe": if anything goes wrong, the order already says so. Try it, on a plain dict that no rule
# guards.


# %%
def pay_pessimistically(record, charge):
    record["status"] = "failed"
    charge()
    record["status"] = "paid"


# %% [markdown]
# Now the power goes out at the worst moment. Stripe has the money, and your program never gets
# to its next line.


# %%
def charge_then_crash():
    client.v1.payment_intents.create(
        params={
            "amount": 3900,
            "currency": "usd",
            "payment_method": "pm_card_visa",
            "confirm": True,
            "allowed_payment_method_types": ["card"],
        }
    )
    raise RuntimeError("the power went out")


# %% [markdown]
# **Before you run it:** what will the order say, and what will Stripe say?

# %%
record = {"status": "pending"}

try:
    pay_pessimistically(record, charge_then_crash)
except RuntimeError as crash:
    print(crash)

record["status"]

# %%
newest = client.v1.payment_intents.list(params={"limit": 1}).data[0]
newest.status, newest.amount_received

# %% [markdown]
# The customer has paid 39.00 and reads "failed". They will pay again, or call you. The shop
# wrote down an outcome it did not know.
#
# `pending` is the honest word: *we have not heard yet*. Leave it there until Stripe has
# answered. After a crash, a pending order tells you to go and ask. A declined card leaves it
# pending as well, because the customer may try another one.

# %% [markdown]
# ## Change a table that is in use
#
# The shop opens in Japan, so orders need a currency. In a file you would add a line to the
# class; a notebook may add it from outside. Then create the tables again:

# %%
Order.currency = mapped_column(String(3), nullable=False)
Base.metadata.create_all(engine)

# %% [markdown]
# Did the table get its column? Alembic, SQLAlchemy's companion for this, compares the models
# with the database:

# %%
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations

with engine.connect() as connection:
    [(what, _, table, column)] = compare_metadata(
        MigrationContext.configure(connection), Base.metadata
    )

print(what, table, column.name)

# %% [markdown]
# It did not: `create_all` makes tables that are missing and never touches one that exists.
# Changing a table that has rows takes a **migration**, a small script with one change in it.
# Existing rows need a value for the new column: `server_default` gives it.

# %%
with engine.begin() as connection:
    op = Operations(MigrationContext.configure(connection))
    op.add_column("orders", Column("currency", String(3), nullable=False, server_default="usd"))
    print(compare_metadata(MigrationContext.configure(connection), Base.metadata))

# %% [markdown]
# No differences left. And the order that was there before?

# %%
session.scalars(select(Order.currency)).all()

# %% [markdown]
# It was paid in dollars, and says so now.
#
# In a project the scripts stay in a folder, in order, next to the code that needs them. The
# database remembers which of them it has seen, and Alembic runs the rest: on your laptop, on
# your colleague's, and on the server.

# %% [markdown]
# ## See the shop do it
#
# The course comes with a shop that does all this for real. Here are its states. You will
# recognize `TRANSITIONS`. One line goes further than yours: a refund can fail days later, at the
# customer's bank, and then the order is paid again. That is chapter 11.

# %%
from sample_app import order_status

show(order_status)

# %% [markdown]
# And this is its order. The id cannot be guessed, so that a guest's order stays the guest's.
# The keys further down belong to paying without paying twice, which is chapter 04; what follows
# them, from `checkout_session_id` on, to chapters 07 and 09. Find `_move`: it is your
# `validates`.
#
# By itself SQLAlchemy stores the *name* of a status, `PENDING`. The `Enum(...)` here stores its
# value, and adds a constraint: no other program can invent a status either.

# %%
from sample_app.models import Order

show(Order)

# %% [markdown]
# `shop()` makes a fresh one with eight things to sell. Here are the first three, and the last
# migration that its database has seen. (Outside a request, `app_context()` tells Flask which
# shop you mean.)

# %%
from sample_app.database import db
from sample_app.models import Item

my_shop = shop()

with my_shop.app_context():
    for item in db.session.scalars(select(Item).limit(3)):
        print(item.id, item.name, format_money(item.price, item.currency))
    print("migration", db.session.scalar(text("SELECT version_num FROM alembic_version")))

# %% [markdown]
# Send it the order data from the top of this chapter.

# %%
answer = my_shop.test_client().post("/orders", json=order_data)
answer.status_code, answer.json["status"], answer.json["amount"], answer.json["description"]

# %% [markdown]
# **201**, *created*: an order with its amount, in cents, counted by the shop, and paid with the
# token. Chapter 03 builds that sum, chapter 04 that payment. A client that tries to name its own
# price is told off:

# %%
answer = my_shop.test_client().post("/orders", json={**order_data, "amount": 1})
answer.status_code, answer.json["errors"]

# %% [markdown]
# ## Summary
#
# - After payment data, the browser sends a token and item ids. Prices come from your database.
# - Money is an `int` of minor units inside, a `Decimal` from text at the edges, a `float`
#   nowhere.
# - The number of decimals and the smallest charge depend on the currency.
# - A model is a table; a commit is all or nothing; a constraint holds whoever writes.
# - A status is a state machine. Write down an outcome when you know it, not before.
# - `create_all` makes tables. A migration changes them.
#
# ## New words
#
# - **minor unit** — the smallest coin of a currency, in which Stripe counts: cents, yen.
# - **zero-decimal currency** — one without a smaller coin; its amounts are sent as they are.
# - **minimum charge** — the least that Stripe will take in a currency.
# - **model** — a class that stands for a table.
# - **engine** — SQLAlchemy's knowledge of where the database is.
# - **session** — the objects you are working on, until you commit or roll back.
# - **commit**, **transaction** — make everything since the last commit last, or nothing.
# - **constraint** — a rule kept by the database itself.
# - **state machine** — a list of states, and which may follow which.
# - **migration** — a script that changes an existing table.
#
# ## What comes next
#
# Do the exercises of chapter 02. Then chapter 03 puts items into the order, three chairs
# included.
#
# ## Read on
#
# - Stripe: [Supported currencies](https://docs.stripe.com/currencies), with decimals and
#   minimum amounts
# - SQLAlchemy: [ORM quick start](https://docs.sqlalchemy.org/en/21/orm/quickstart.html)
# - Alembic: [Tutorial](https://alembic.sqlalchemy.org/en/latest/tutorial.html)
# - Python: [decimal](https://docs.python.org/3/library/decimal.html)
