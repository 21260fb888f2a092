# %% [markdown]
# # 03. Put items in an order
#
# The browser sends `[1, 2, 3, 5, 5, 5]`: a lamp, a table, a bookshelf, three chairs. An order
# has many items, and an item is in many orders. Where do you write down that there are *three*
# chairs, and what a chair cost on that day? Get it wrong, and you ship chairs that nobody paid
# for.

# %% [markdown]
# **What you will be able to do**
#
# - Link two tables through a third, and say when a plain link is not enough.
# - Build an association object: a link with a quantity and a price of its own.
# - Compute an order's amount and description, so that the receipt never changes.
# - Refuse what a browser has no business sending.
# - See an N+1 query, and mend it in one line.
#
# **What you need**: chapter 02 (necessary: models, sessions, constraints, minor units), SQL
# joins (helpful). The lesson takes about 30 minutes, the exercises about 25.
#
# **Out of scope here**: charging the order (chapter 04), who may see it (chapter 05).

# %%
from collections import Counter

from flask import Flask, request
from sqlalchemy import CheckConstraint, Column, ForeignKey, String, Table, create_engine, event
from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.orm import relationship, selectinload

from classroom import connect, erd, shop, show

# %% [markdown]
# ## Count what was put into the cart
#
# The same id three times means three pieces. Python has a class for bags of things: a `Counter`
# is a dict from each thing to how often it came.

# %%
item_ids = [1, 2, 3, 5, 5, 5]
Counter(item_ids)

# %% [markdown]
# Six pieces, four different items. Keep both numbers in mind: the tables below will disagree
# about them.

# %% [markdown]
# ## Link items with a plain table
#
# An order holds any number of items, and an item is in any number of orders: a **many-to-many**
# relationship. The usual first answer is a third table with two columns, one pointing each way.


# %%
class Base(DeclarativeBase):
    pass


orders_items = Table(
    "orders_items",
    Base.metadata,
    Column("order_id", ForeignKey("orders.id")),
    Column("item_id", ForeignKey("items.id")),
)


# %% [markdown]
# A **foreign key** is a column that holds the id of a row elsewhere. `relationship` lets you
# follow it as an attribute, and `secondary` names the table in the middle.


# %%
class Item(Base):
    __tablename__ = "items"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    price: Mapped[int]


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    items: Mapped[list[Item]] = relationship(secondary=orders_items)


# %% [markdown]
# `erd` draws the tables of a base class, from the models: three boxes and two lines. The forked
# end of a line means *many*. (Where pictures cannot be drawn, you see a list.)

# %%
erd(Base)

# %% [markdown]
# Now fill the shop, and place the order.

# %%
CATALOGUE = {"Desk lamp": 3900, "Table": 24900, "Bookshelf": 12900, "Rug": 8900, "Chair": 5950}


def open_shop(base, item):
    engine = create_engine("sqlite://")
    base.metadata.create_all(engine)
    session = Session(engine)
    session.add_all([item(name=name, price=price) for name, price in CATALOGUE.items()])
    session.commit()
    return session


session = open_shop(Base, Item)

# %%
order = Order(items=[session.get(Item, item_id) for item_id in item_ids])
session.add(order)
sum(item.price for item in order.items)

# %% [markdown]
# 595.50 dollars, as it should be. **Before you run the next cell:** how much is the order
# worth after it was saved and read back?

# %%
session.commit()
sum(item.price for item in order.items)

# %% [markdown]
# 119 dollars are gone, which is the price of two chairs. Look at what the order holds, and at
# what the table holds:

# %%
print([item.name for item in order.items])
print(session.execute(select(orders_items)).all())

# %% [markdown]
# The table has six rows. SQLAlchemy reads them as a list of *items*, and the same item is in
# the list once. Making the pair unique would not help: then the second chair is an error.
#
# A plain link says *yes* or *no*. It has nowhere to put the quantity.

# %% [markdown]
# ## Give the link a class of its own
#
# So make the row in the middle a thing with a name: a **line** of the order. One line says
# which item, how many, and at what price. A link with columns of its own is an **association
# object**.
#
# `back_populates` ties the two ends together: put a line into an order, and the line knows its
# order. `"OrderItem"` stands in quotes because that class comes next. `order_by` sorts the lines,
# and `cascade` gets a section further down.


# %%
class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "items"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    price: Mapped[int]


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    lines: Mapped[list["OrderItem"]] = relationship(
        back_populates="order", cascade="all, delete-orphan", order_by="OrderItem.item_id"
    )


# %%
class OrderItem(Base):
    __tablename__ = "order_items"
    __table_args__ = (CheckConstraint("quantity BETWEEN 1 AND 100", name="quantity_in_range"),)

    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"), primary_key=True)
    quantity: Mapped[int]
    unit_price: Mapped[int]

    order: Mapped[Order] = relationship(back_populates="lines")
    item: Mapped[Item] = relationship()


# %% [markdown]
# Two columns are marked `primary_key`, and together they are the key. So a pair of order and
# item exists once at most, and a second line for the same chair is impossible.

# %%
erd(Base)

# %% [markdown]
# The order again, with one line for each entry of the `Counter`:

# %%
session = open_shop(Base, Item)

order = Order()
for item_id, quantity in Counter(item_ids).items():
    item = session.get(Item, item_id)
    order.lines.append(OrderItem(item=item, quantity=quantity, unit_price=item.price))

session.add(order)
session.commit()

# %%
for line in order.lines:
    print(line.quantity, line.item.name, line.unit_price)

# %% [markdown]
# Four rows, and the chairs are all there. You set `order.lines`; did the line hear of it?

# %%
print(order.lines[0].order is order)

# %% [markdown]
# ## Add it up, and say it
#
# Stripe wants an amount, and a customer wants to read what it was for. Both follow from the
# lines.


# %%
def amount(order):
    return sum(line.quantity * line.unit_price for line in order.lines)


def description(order):
    return ", ".join(f"{line.quantity}x {line.item.name}" for line in order.lines)


# %%
amount(order), description(order)

# %% [markdown]
# 59550 cents: the money is back. The description goes onto the receipt and into Stripe's
# dashboard. Write it for the person who asks in half a year what that payment was.

# %% [markdown]
# ## Freeze the price
#
# Why does the line store `unit_price`, when the item has a price already? Here is the sum
# without it, as many shops compute it.


# %%
def amount_today(order):
    return sum(line.quantity * line.item.price for line in order.lines)


amount_today(order)

# %% [markdown]
# The same. Next week chairs cost more. **Before you run it:** what does each of the two
# functions say about the order that was placed, and paid, last week?

# %%
session.get(Item, 5).price = 6950
session.commit()

amount(order), amount_today(order)

# %% [markdown]
# The second receipt grew by 30 dollars after the customer had paid. It no longer agrees with
# her bank, with Stripe, or with your tax report. A copy of the price *at the time of the order*
# is not duplication: today's price and that day's price are two facts.

# %% [markdown]
# ## Distrust the list
#
# Item ids come from a browser, so anybody can send anything. First the worst idea: let the
# browser say what it costs.

# %%
data = {"token": "tok_visa", "item_ids": [1, 2, 3, 5, 5, 5], "amount": 100}

payment = connect().v1.payment_intents.create(
    params={"amount": data["amount"], "currency": "usd", "description": description(order)}
)
print(payment.amount, payment.description)

# %% [markdown]
# Six pieces of furniture for a dollar. A published Flask tutorial worked this way until a
# reader noticed (`testdrivenio/flask-vue-stripe#1`). Stripe cannot know your prices. The amount
# comes from your lines. A request that names an amount is refused, as at the end of chapter 02.

# %% [markdown]
# Next, an item that does not exist. Does the foreign key stop it?

# %%
order = Order()
order.lines.append(OrderItem(item_id=99, quantity=1, unit_price=100))
session.add(order)
session.commit()

print(order.lines[0].item)

# %% [markdown]
# It did not: SQLite checks foreign keys only when asked, once per connection. PostgreSQL always
# does. Ask for it with an **event listener**, a function that SQLAlchemy calls at a certain
# moment, here on every new connection.

# %%
session.delete(order)
session.commit()


def check_foreign_keys(connection, _record):
    connection.execute("PRAGMA foreign_keys = ON")


engine = create_engine("sqlite://")
event.listen(engine, "connect", check_foreign_keys)

# %%
Base.metadata.create_all(engine)

with Session(engine) as strict:
    strict.add(Order(lines=[OrderItem(item_id=99, quantity=1, unit_price=100)]))
    try:
        strict.commit()
    except IntegrityError as error:
        print(error.orig)

# %% [markdown]
# That is the last line of defense, and it tells nobody *which* item is missing. A shop looks
# the items up first, all at once, and names what it does not sell:


# %%
def place(session, item_ids):
    wanted = Counter(item_ids)
    items = session.scalars(select(Item).where(Item.id.in_(wanted))).all()
    if unknown := sorted(wanted.keys() - {item.id for item in items}):
        raise LookupError(f"The shop sells no item {unknown}.")
    return Order(
        lines=[
            OrderItem(item=item, quantity=wanted[item.id], unit_price=item.price) for item in items
        ]
    )


# %%
try:
    place(session, [1, 5, 99])
except LookupError as error:
    print(error)

# %% [markdown]
# And the quantity? Somebody sends no chairs, or a million. The `CHECK` on the line knows both
# ends. This cell fails twice, on purpose.

# %%
for quantity in (0, 1_000_000):
    session.add(Order(lines=[OrderItem(item_id=5, quantity=quantity, unit_price=6950)]))
    try:
        session.commit()
    except IntegrityError as error:
        print(quantity, error.orig)
        session.rollback()

# %% [markdown]
# Last, two lines for the same item, written past your Python by some other program:

# %%
second_line = insert(OrderItem).values(order_id=1, item_id=5, quantity=1, unit_price=5950)

try:
    session.execute(second_line)
except IntegrityError as error:
    print(error.orig)
    session.rollback()

# %% [markdown]
# ## Use it in the resource
#
# A **resource** is what your API offers under one path: here, the orders. `place` does the
# work, and the handler translates. (A real shop opens a session for each request.)

# %%
app = Flask("small_shop")


@app.post("/orders")
def create_order():
    item_ids = request.get_json()["item_ids"]
    try:
        order = place(session, item_ids)
    except LookupError as unknown:
        return {"message": str(unknown)}, 404
    session.add(order)
    session.commit()
    return {"amount": amount(order), "description": description(order)}, 201


# %% [markdown]
# A browser orders what it ordered at the top, at today's prices. A second one wants item 99.

# %%
for wanted in ([1, 2, 3, 5, 5, 5], [1, 99]):
    answer = app.test_client().post("/orders", json={"item_ids": wanted})
    print(answer.status_code, answer.json)

# %% [markdown]
# It is a small shop. It still saves an order without items, and 101 chairs crash it with a 500,
# because the constraint speaks to nobody but the log. The shop at the end of this chapter checks
# the request first.

# %% [markdown]
# ## Let the lines go with the order
#
# A line without its order means nothing. `cascade="all, delete-orphan"` says so: what happens
# to the order happens to its lines. **Before you run it:** how many rows will each table lose?


# %%
def rows():
    return {
        model.__tablename__: session.scalar(select(func.count()).select_from(model))
        for model in (Order, OrderItem, Item)
    }


before = rows()
session.delete(session.get(Order, 1))
session.commit()

before, rows()

# %% [markdown]
# One order and its four lines. (Without the cascade, SQLAlchemy would try to empty the lines'
# `order_id`, which is half of their key, and fail.) The items stay: nothing cascades from a
# line to what it points to, or a deleted order would empty the catalogue.
#
# `delete-orphan` is the same for a line that you take out of `order.lines`. It has lost its
# order, so it is deleted.

# %% [markdown]
# ## Count the questions you ask
#
# Your order history shows ten orders. One is there; here are nine more.

# %%
for _ in range(9):
    lines = [OrderItem(item_id=n, quantity=1, unit_price=100) for n in (1, 2, 5)]
    session.add(Order(lines=lines))
session.commit()

# %% [markdown]
# Another event tells you about each SQL statement that goes out. Write them down.

# %%
engine = session.get_bind()
statements = []


@event.listens_for(engine, "before_cursor_execute")
def write_down(_connection, _cursor, statement, *_rest):
    statements.append(statement)


# %%
def history(query):
    statements.clear()
    with Session(engine) as fresh:
        return [description(order) for order in fresh.scalars(query)]


# %% [markdown]
# **Before you run it:** how many questions does the shop ask the database for one page with ten
# orders?

# %%
print(history(select(Order))[0])
len(statements)

# %% [markdown]
# Fifteen, for one page. Who asked? Count them by table:

# %%
Counter(statement.split("FROM ")[1].split()[0] for statement in statements)

# %% [markdown]
# One for the orders. Then, for each order, one for its lines, because `order.lines` asks when
# you first touch it. Four for the items, which the session remembers. That is an **N+1 query**:
# one for the list, and one more for each of the N.
#
# On this laptop it is quick. To a database at the other end of a cable, each question is a
# journey.

# %% [markdown]
# `selectinload` says in advance what you are going to touch. SQLAlchemy then fetches the lines
# of *all* orders with one question; `joinedload` brings each line's item along in the same one.
#
# Take `selectinload` for a list and `joinedload` for a single thing. Joined to its lines, an order
# comes back once per line, and SQLAlchemy makes you call `.unique()` on the result.

# %%
whole = select(Order).options(selectinload(Order.lines).joinedload(OrderItem.item))

print(history(whole)[0])
len(statements)

# %% [markdown]
# Two, and the same answer. Does it stay two when the shop grows?

# %%
for _ in range(90):
    session.add(Order(lines=[OrderItem(item_id=4, quantity=2, unit_price=8900)]))
session.commit()

for query in (select(Order), whole):
    print(len(history(query)), "orders,", len(statements), "questions")

# %% [markdown]
# ## See the shop do it
#
# The shop's association object has what yours has, and one constraint more: a price is never
# negative.

# %%
from sample_app.models import OrderItem

show(OrderItem)

# %% [markdown]
# Here is the whole shop. Nine tables: yours, the customers, one for what Stripe tells the shop
# (chapter 08), and four for what comes after a sale (chapters 11 and 12).

# %%
from sample_app.models import Base

erd(Base)

# %% [markdown]
# `_draft` is your `place`: it looks the items up at once, names those that it does not sell,
# refuses more than there are, and freezes each price. The sum is stored with the order.

# %%
from sample_app import orders

show(orders._draft)

# %% [markdown]
# `place_order` counts with a `Counter`, calls `_draft` and commits. Whatever has to do with
# `request_key` is for a request that comes twice, which is chapter 04.

# %%
show(orders.place_order)

# %% [markdown]
# Drive it. The shop runs, and a chair becomes dearer *after* the order.

# %%
from sample_app.database import db
from sample_app.models import Item

my_shop = shop()

with my_shop.app_context():
    order = orders.place_order(db.session, [1, 2, 3, 5, 5, 5])
    db.session.get(Item, 5).price = 6950
    db.session.commit()
    print(order.status, order.amount, order.description)

# %% [markdown]
# The receipt kept its price. And a browser that sends what it should not is told so, field by
# field:

# %%
visitor = my_shop.test_client()

for wish in ({"item_ids": [1, 99]}, {"item_ids": []}, {"item_ids": [5] * 101}, {"amount": 100}):
    body = {"token": "tok_visa", "item_ids": [1], **wish}
    answer = visitor.post("/orders", json=body)
    print(answer.status_code, answer.json["errors"]["json"])

# %% [markdown]
# ## Summary
#
# - `Counter` turns a list of ids into quantities.
# - A plain many-to-many link says yes or no. When the link has facts of its own, make it a
#   class.
# - The line keeps the price of its day. Amount and description come from the lines.
# - The browser sends ids. Prices, amounts and limits are yours, and constraints keep them.
# - Lines go with their order; items stay.
# - Count your statements. `selectinload` and `joinedload` fetch in advance what a page will
#   show.
#
# ## New words
#
# - **many-to-many** — each order has many items, and each item is in many orders.
# - **foreign key** — a column that holds the id of a row in another table.
# - **line** — one row of an order: which item, how many, at what price.
# - **association object** — a link between two tables with columns of its own, as a class.
# - **resource** — what an API offers under one path.
# - **cascade** — what happens to a row happens to the rows that belong to it.
# - **event listener** — a function that SQLAlchemy calls at a certain moment.
# - **N+1 query** — one question for a list, and one more for each thing in it.
#
# ## What comes next
#
# Do the exercises of chapter 03. In chapter 04 the order meets Stripe: it is charged, once,
# whatever breaks on the way.
#
# ## Read on
#
# - SQLAlchemy: [Association
#   object](https://docs.sqlalchemy.org/en/21/orm/basic_relationships.html#association-object)
# - SQLAlchemy: [Relationship
#   loading](https://docs.sqlalchemy.org/en/21/orm/queryguide/relationships.html)
# - SQLAlchemy: [Cascades](https://docs.sqlalchemy.org/en/21/orm/cascades.html)
# - SQLite: [Foreign key support](https://www.sqlite.org/foreignkeys.html)
