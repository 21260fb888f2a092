# %% [markdown]
# # 09. Exercises: fulfil exactly once
#
# Replace each `...`, run the cell, then run the `check` below it. Stuck? `hint("9.1")` gives a
# nudge, and another one each time you ask; `solution("9.1")` shows an answer.

# %%
from tempfile import mkdtemp

from sqlalchemy import create_engine, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from classroom import check, connect, hint, solution

client = connect()

# %% [markdown]
# All exercises use these tables. Times are in seconds, as plain numbers.


# %%
class Base(DeclarativeBase):
    pass


class Event(Base):
    __tablename__ = "inbox"
    id: Mapped[str] = mapped_column(primary_key=True)
    type: Mapped[str]
    about: Mapped[str]  # the id of the object
    handled: Mapped[bool] = mapped_column(default=False)
    due_at: Mapped[int | None] = mapped_column(default=0)  # None: not to be tried any more
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None]


class Item(Base):
    __tablename__ = "items"
    id: Mapped[int] = mapped_column(primary_key=True)
    stock: Mapped[int]


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[str] = mapped_column(default="pending")
    item_id: Mapped[int]
    quantity: Mapped[int]
    fulfilled: Mapped[bool] = mapped_column(default=False)


engine = create_engine(f"sqlite:///{mkdtemp()}/shop.db")
Base.metadata.create_all(engine)
session = Session(engine)

# %% [markdown]
# ## 9.1 Keep an event once (5 min)
#
# *You practice:* letting a unique key decide.
# *Out of scope:* the signature (chapter 08), the work (that is 9.4).
#
# Write `receive(session, event)`. It gets an event whose signature is genuine, keeps it in the table
# `Event`, and returns the status that the shop answers.
#
# - Store `event.id`, `event.type` and, as `about`, `event.data.object.id`. Leave the other columns as they
#   come. Commit.
# - Return `200` when the event is in the inbox, whoever has put it there.
# - A duplicate leaves the row as it is, and the session fit for the next event.
# - Between a question of yours and your insert, another process may store the same event.
# - When the database fails otherwise, the event is *not* safe with you: let the exception through. Flask
#   makes a 500 of it, and Stripe comes again.


# %%
def receive(session, event):
    ### BEGIN SOLUTION
    session.add(Event(id=event.id, type=event.type, about=event.data.object.id))
    try:
        session.commit()
    except IntegrityError:
        session.rollback()
    return 200
    ### END SOLUTION


# %%
check("9.1", receive)

# %% [markdown]
# ## 9.2 Break it, then fix it: two e-mails for one order (8 min)
#
# *You practice:* asking and acting in one step, in one transaction.
# *Out of scope:* what happens to the e-mail if the power fails (that was in the lesson).
#
# A ticket shop confirmed a payment from two places: the page to which the customer came back, and the
# webhook. Its customers got two e-mails (`pretix/pretix#1166`). The story is theirs, the code is ours.
# See it happen: while the mail server is busy with the first e-mail, the webhook arrives.


# %%
def careless_fulfil(session, order_id, send):
    order = session.get(Order, order_id)
    if order.status != "paid" or order.fulfilled:
        return False
    send(order_id)
    session.get(Item, order.item_id).stock -= order.quantity
    order.fulfilled = True
    session.commit()
    return True


# %%
session.merge(Item(id=1, stock=10))
session.merge(Order(id=1, status="paid", item_id=1, quantity=2, fulfilled=False))
session.commit()
outbox = []


def busy_mail_server(order_id):
    outbox.append(f"order {order_id} is on its way")
    if len(outbox) == 1:
        with Session(engine) as webhook:
            careless_fulfil(webhook, order_id, busy_mail_server)


careless_fulfil(session, 1, busy_mail_server)
print(len(outbox), "e-mails,", 10 - session.get(Item, 1).stock, "pieces gone, 2 were bought")

# %% [markdown]
# Write `fulfil(session, order_id, send)`, which anybody may call at any time:
#
# - Only an order whose status is `"paid"` is fulfilled.
# - Of all the calls for an order, however many and at whatever moments, exactly one returns `True`. The
#   others return `False` and change nothing.
# - That one takes the order's quantity from the item's stock and sets `fulfilled`, in one transaction.
# - After the commit it calls `send(order_id)`.
# - At the same moment, an order may be paid back, and other orders take from the same stock. So let the
#   database subtract.
#
# SQLite has no `SELECT … FOR UPDATE`. An UPDATE with a condition works everywhere: its result has a
# `rowcount`.


# %%
def fulfil(session, order_id, send):
    ### BEGIN SOLUTION
    mine = update(Order).where(
        Order.id == order_id, Order.status == "paid", Order.fulfilled.is_(False)
    )
    if session.execute(mine.values(fulfilled=True)).rowcount == 0:
        session.rollback()
        return False
    order = session.get_one(Order, order_id)
    taken = update(Item).where(Item.id == order.item_id)
    session.execute(taken.values(stock=Item.stock - order.quantity))
    session.commit()
    send(order_id)
    return True
    ### END SOLUTION


# %%
check("9.2", fulfil)

# %% [markdown]
# ## 9.3 Read the truth out of shuffled news (7 min)
#
# *You practice:* refetching, and a result that does not depend on the order of events.
# *Out of scope:* the database. `orders` is a dict from an order's id to its status.
#
# Write `catch_up(client, orders, event)`. It is called for every event of Stripe's, in any order, and
# for some of them twice.
#
# - Only events about PaymentIntents matter (`event.type` begins with `"payment_intent."`). For others,
#   return `None`, and do not ask Stripe.
# - Fetch the PaymentIntent anew. Its metadata has the order's id under `order_id`. If there is none, or
#   it is no order in `orders`, return `None`.
# - The PaymentIntent has `succeeded`: the order is `"paid"`.
# - It is `canceled`: the order is `"canceled"`, unless it is `"paid"`. (A customer may pay with a second
#   PaymentIntent, when the first one was given up.)
# - Any other status: the order stays as it was.
# - Return the order's status.


# %%
def catch_up(client, orders, event):
    ### BEGIN SOLUTION
    if not event.type.startswith("payment_intent."):
        return None
    intent = client.v1.payment_intents.retrieve(event.data.object.id)
    order_id = intent.metadata.to_dict().get("order_id")
    if order_id not in orders:
        return None
    if intent.status == "succeeded":
        orders[order_id] = "paid"
    elif intent.status == "canceled" and orders[order_id] != "paid":
        orders[order_id] = "canceled"
    return orders[order_id]
    ### END SOLUTION


# %%
check("9.3", catch_up)

# %% [markdown]
# ## 9.4 Survive the death of a worker (10 min)
#
# *You practice:* a lease, retries, and dead letters.
# *Out of scope:* two workers that take an event in the same moment (that is the trick of 9.2).
#
# Write `work_once(session, handle, now)`. It handles one event of the inbox.
#
# 1. Find the event that is due for longest: `due_at` is not `None`, and at most `now`. None there? Return
#    `None`.
# 2. Take it: count the attempt, and set `due_at` to `now + 60`. The third attempt is the last one: then
#    set `due_at` to `None`. **Commit.**
# 3. Call `handle(event.id)`.
# 4. It went well: set `handled`, `due_at` to `None`, commit, return `"handled"`.
# 5. It raised an `Exception`: set `last_error` to its text, commit, and return `"later"`, or `"dead"` if
#    there are no more attempts.
#
# A worker may be killed inside `handle`. That raises something that is no `Exception`; let it through.
# What is in the database at that moment has to be enough for the next worker.


# %%
def work_once(session, handle, now):
    ### BEGIN SOLUTION
    due = select(Event).where(Event.due_at <= now).order_by(Event.due_at).limit(1)
    event = session.scalars(due).one_or_none()
    if event is None:
        return None
    event.attempts += 1
    event.due_at = now + 60 if event.attempts < 3 else None
    session.commit()
    try:
        handle(event.id)
    except Exception as error:
        event.last_error = str(error)
        session.commit()
        return "dead" if event.due_at is None else "later"
    event.handled, event.due_at = True, None
    session.commit()
    return "handled"
    ### END SOLUTION


# %%
check("9.4", work_once)
