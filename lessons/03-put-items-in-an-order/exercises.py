# %% [markdown]
# # 03. Exercises: put items in an order
#
# Replace each `...`, run the cell, then run the `check` below it. Stuck? `hint("3.1")` gives a
# nudge, and a bigger one each time you run it; `solution("3.1")` shows an answer.
#
# Four exercises, about 27 minutes. All you need is in the lesson of chapter 03.

# %%
from collections import Counter
from typing import NamedTuple

from sqlalchemy import CheckConstraint, ForeignKey, String, create_engine, event, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.orm import relationship, selectinload

from classroom import check, hint, solution

# %% [markdown]
# ## 3.1 Build an association object (8 min)
#
# *You practice:* giving a link between two tables columns of its own.
# *Out of scope:* cascades. The two classes that are there already have what they need.
#
# The shop has two warehouses. An item can lie in both, and each holds many items. Write the
# model `Stock`, a row for *so many of this item in this warehouse*:
#
# - table `stock`, with the columns `warehouse_id`, `item_id` and `quantity`
# - a pair of warehouse and item exists once at most
# - both ids belong to rows that exist: foreign keys
# - a quantity of 0 is fine, a negative one is refused by the database
# - `stock.warehouse` and `stock.item` lead to the two ends, and `warehouse.stock` back again


# %%
class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "items"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))


class Warehouse(Base):
    __tablename__ = "warehouses"

    id: Mapped[int] = mapped_column(primary_key=True)
    city: Mapped[str] = mapped_column(String(80))
    stock: Mapped[list["Stock"]] = relationship(
        back_populates="warehouse", cascade="all, delete-orphan"
    )


### BEGIN SOLUTION
class Stock(Base):
    __tablename__ = "stock"
    __table_args__ = (CheckConstraint("quantity >= 0", name="quantity_not_negative"),)

    warehouse_id: Mapped[int] = mapped_column(ForeignKey("warehouses.id"), primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"), primary_key=True)
    quantity: Mapped[int]

    warehouse: Mapped[Warehouse] = relationship(back_populates="stock")
    item: Mapped[Item] = relationship()


### STARTS AS
# Stock = ...
### END SOLUTION

# %%
check("3.1", Stock)

# %% [markdown]
# ## 3.2 Add up a receipt (5 min)
#
# *You practice:* amount and description from the lines of an order.
# *Out of scope:* the database. A line here is a tuple with names.
#
# Write `receipt(lines)`. It returns two things: the amount in minor units, and a description
# that names what there is most of first. Where two quantities are equal, the name decides, A
# before Z.
#
# For three chairs at 5950 and one lamp at 3900 it returns `(21750, "3x Chair, 1x Desk lamp")`,
# in whatever order the lines come. For no lines it returns `(0, "")`.


# %%
class Line(NamedTuple):
    name: str
    quantity: int
    unit_price: int


def receipt(lines):
    ### BEGIN SOLUTION
    amount = sum(line.quantity * line.unit_price for line in lines)
    most_first = sorted(lines, key=lambda line: (-line.quantity, line.name))
    return amount, ", ".join(f"{line.quantity}x {line.name}" for line in most_first)
    ### END SOLUTION


# %%
check("3.2", receipt)

# %% [markdown]
# ## 3.3 Break it, then fix it: the receipt that changed (8 min)
#
# *You practice:* keeping the price of the day.
# *Out of scope:* looking up ids. `Order.place` gets a `Counter` of items.
#
# Shops have shipped code like this for years. It has one line too few in `OrderItem`, and two
# mistakes in `Order`.


# %%
class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "items"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    price: Mapped[int]


class OrderItem(Base):
    __tablename__ = "order_items"

    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"), primary_key=True)
    ### BEGIN SOLUTION
    quantity: Mapped[int]
    unit_price: Mapped[int]
    ### STARTS AS
    # quantity: Mapped[int]
    ### END SOLUTION

    item: Mapped[Item] = relationship()


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    lines: Mapped[list[OrderItem]] = relationship()

    @classmethod
    def place(cls, items):
        ### BEGIN SOLUTION
        return cls(
            lines=[
                OrderItem(item=item, quantity=quantity, unit_price=item.price)
                for item, quantity in items.items()
            ]
        )
        ### STARTS AS
        # return cls(
        #     lines=[OrderItem(item=item, quantity=quantity) for item, quantity in items.items()]
        # )
        ### END SOLUTION

    @property
    def amount(self):
        ### BEGIN SOLUTION
        return sum(line.quantity * line.unit_price for line in self.lines)
        ### STARTS AS
        # return sum(line.quantity * line.item.price for line in self.lines)
        ### END SOLUTION


# %% [markdown]
# Somebody buys three chairs and gets a receipt. Then chairs become dearer, and she looks at her
# receipt again.

# %%
engine = create_engine("sqlite://")
Base.metadata.create_all(engine)
session = Session(engine)

chair = Item(name="Chair", price=5950)
order = Order.place(Counter({chair: 3}))
session.add(order)
session.commit()
print("receipt:      ", order.amount)

chair.price = 6950
session.commit()
print("receipt later:", order.amount)

# %% [markdown]
# Mend the cell with the models, and run both cells again: an order keeps the amount it was
# placed with, and the next order is placed at the new price.

# %%
check("3.3", Order)

# %% [markdown]
# ## 3.4 Kill the N+1 (6 min)
#
# *You practice:* fetching in advance what a page will show.
# *Out of scope:* pages of twenty orders, and whose orders they are (chapter 05).
#
# These are the shop's own models, with 20 orders of four different items each.

# %%
from sample_app import models
from sample_app.orders import place_order

engine = create_engine("sqlite://")
models.Base.metadata.create_all(engine)

with Session(engine) as session:
    session.add_all([models.Item(id=n, name=f"Item {n}", price=1000) for n in range(1, 9)])
    for n in range(20):
        place_order(session, [1 + n % 5, 2 + n % 5, 3 + n % 5, 8])

# %% [markdown]
# `order_history` returns the description of each order. Ask it, and count the questions that
# reach the database. (Mind the prefix: the shop's class is `models.Order`. A plain `Order` is
# yours, from exercise 3.3.)


# %%
def order_history(session):
    ### BEGIN SOLUTION
    query = select(models.Order).options(
        selectinload(models.Order.lines).joinedload(models.OrderItem.item)
    )
    return [order.description for order in session.scalars(query)]
    ### STARTS AS
    # query = select(models.Order)
    # return [order.description for order in session.scalars(query)]
    ### END SOLUTION


# %%
questions = []
event.listen(engine, "before_cursor_execute", lambda *told: questions.append(told[2]))

with Session(engine) as session:
    descriptions = order_history(session)

print(len(descriptions), "orders,", len(questions), "questions")

# %% [markdown]
# Mend `order_history`: the same answer, with three questions at most, however many orders there
# are.

# %%
check("3.4", order_history)
