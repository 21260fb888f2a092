"""Checks for chapter 03: association objects, receipts, prices of the day, and N+1 queries."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.exc import IntegrityError, InvalidRequestError
from sqlalchemy.orm import Session

from classroom.exercise import Exercise, Mistake, Wrong, expect
from sample_app.models import Base, Item
from sample_app.orders import place_order


def check_stock(answer: Any) -> None:
    expect(isinstance(answer, type), "Stock is no class: write `class Stock(Base):`.")
    table = getattr(answer, "__table__", None)
    expect(table is not None, "Stock is no model: derive it from Base and name its table.")
    expect(table.name == "stock", f"The table is called {table.name!r}, expected 'stock'.")
    columns = {column.name for column in table.columns}
    missing = sorted({"warehouse_id", "item_id", "quantity"} - columns)
    expect(not missing, f"The table stock has no column {', '.join(missing)}.")
    for column, target in (("warehouse_id", "warehouses.id"), ("item_id", "items.id")):
        targets = [key.target_fullname for key in table.columns[column].foreign_keys]
        expect(targets == [target], f"stock.{column} is no foreign key to {target}.")
    for end in ("warehouse", "item"):
        expect(hasattr(answer, end), f"Stock has no {end!r}: add a relationship.")
    _check_stock_rows(answer)


def _check_stock_rows(stock: Any) -> None:
    engine = _strict_engine(stock)
    item = stock.item.property.mapper.class_
    warehouse = stock.warehouse.property.mapper.class_
    with Session(engine) as session:
        lyon = warehouse(city="Lyon")
        line = stock(warehouse=lyon, item=item(name="Chair"), quantity=3)
        expect(
            lyon.stock == [line],
            "Stock(warehouse=lyon, …) did not appear in lyon.stock: "
            'say back_populates="stock" on its side.',
        )
        session.add(lyon)
        session.add_all([warehouse(city="Turin"), item(name="Rug")])
        session.commit()
    expect(
        _stored(engine, 2, 1, 5),
        "A second warehouse could not have the same item: only the pair must be unique.",
    )
    expect(
        _stored(engine, 1, 2, 5),
        "A warehouse could not have a second item: only the pair must be unique.",
    )
    expect(
        not _stored(engine, 1, 1, 4),
        "The same item was stored twice in one warehouse: make the pair the primary key.",
    )
    expect(_stored(engine, 2, 2, 0), "A quantity of 0 was refused, expected it to be stored.")
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM stock"))
    expect(not _stored(engine, 1, 1, -1), "A quantity of -1 was stored: add a CHECK.")


def _stored(engine: Engine, warehouse: int, item: int, quantity: int) -> bool:
    """Whether the database takes such a row from another program."""
    row = text("INSERT INTO stock (warehouse_id, item_id, quantity) VALUES (:w, :i, :q)")
    try:
        with engine.begin() as connection:
            connection.execute(row, {"w": warehouse, "i": item, "q": quantity})
    except IntegrityError:
        return False
    return True


class _Line(NamedTuple):
    name: str
    quantity: int
    unit_price: int


def check_receipt(answer: Callable[..., Any]) -> None:
    lamp, chairs = _Line("Desk lamp", 1, 3900), _Line("Chair", 3, 5950)
    table, rugs = _Line("Table", 1, 24900), _Line("Rug", 10, 8900)
    for lines, right in (
        ([chairs], (17850, "3x Chair")),
        ([lamp, chairs], (21750, "3x Chair, 1x Desk lamp")),
        ([chairs, lamp], (21750, "3x Chair, 1x Desk lamp")),
        ([table, lamp], (28800, "1x Desk lamp, 1x Table")),
        ([lamp, table, chairs, rugs], (135650, "10x Rug, 3x Chair, 1x Desk lamp, 1x Table")),
        ([], (0, "")),
    ):
        called = f"Called receipt({_named(lines)})"
        got = answer(list(lines))
        expect(
            isinstance(got, tuple) and len(got) == 2,
            f"{called}, returned {got!r}, expected two things: an amount and a description.",
        )
        expect(got[0] == right[0], f"{called}, the amount was {got[0]!r}, expected {right[0]}.")
        expect(
            got[1] == right[1], f"{called}, the description was {got[1]!r}, expected {right[1]!r}."
        )


def _named(lines: list[_Line]) -> str:
    return "[" + ", ".join(f"{line.quantity}x {line.name}" for line in lines) + "]"


def check_price_of_the_day(answer: Any) -> None:
    engine = _strict_engine(answer)
    item = next(m.class_ for m in answer.registry.mappers if m.class_.__name__ == "Item")
    with Session(engine) as session:
        chair, lamp = item(name="Chair", price=5950), item(name="Desk lamp", price=3900)
        order = answer.place(Counter({chair: 3, lamp: 1}))
        session.add(order)
        try:
            session.commit()
        except IntegrityError as error:
            raise Mistake(
                f"The order could not be saved: {error.orig}. Does place fill every column?"
            ) from None
        expect(
            order.amount == 21750,
            f"Three chairs at 5950, a lamp at 3900: amount was {order.amount!r}, expected 21750.",
        )
        chair.price = 6950
        session.commit()
        number, chair_id = order.id, chair.id
    with Session(engine) as session:
        later = session.get_one(answer, number).amount
        expect(
            later == 21750,
            f"Chairs went from 5950 to 6950, and the old order from 21750 to {later!r}.",
        )
        again = answer.place(Counter({session.get_one(item, chair_id): 2}))
        session.add(again)
        session.commit()
        expect(
            again.amount == 13900,
            f"Two chairs at the new price of 6950: amount was {again.amount!r}, expected 13900.",
        )


def check_order_history(answer: Callable[..., Any]) -> None:
    for orders in (3, 30):
        engine = _shop_with(orders)
        with Session(engine) as session, _counted(engine) as questions:
            try:
                got = list(answer(session))
            except InvalidRequestError as error:
                if "unique()" not in str(error):
                    raise
                raise Mistake(
                    "joinedload repeats each order once per line, and SQLAlchemy asks for unique(): "
                    "take selectinload for the lines."
                ) from None
        right = [", ".join(f"1x Item {n}" for n in _ids(order)) for order in range(orders)]
        expect(len(got) == orders, f"For {orders} orders it returned {len(got)} descriptions.")
        expect(
            sorted(got) == sorted(right),
            f"For {orders} orders the descriptions differ: the first is {got[0]!r}.",
        )
        expect(
            len(questions) <= 3,
            f"For {orders} orders it asked {len(questions)} questions, expected 3 at most.",
        )


def _shop_with(orders: int) -> Engine:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Item(id=n, name=f"Item {n}", price=1000) for n in range(1, 9)])
        for order in range(orders):
            place_order(session, _ids(order))
    return engine


def _ids(order: int) -> list[int]:
    return [1 + order % 5, 2 + order % 5, 3 + order % 5, 8]


@contextmanager
def _counted(engine: Engine) -> Iterator[list[str]]:
    """The statements that go out to the database meanwhile."""
    statements: list[str] = []

    def write_down(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", write_down)
    yield statements
    event.remove(engine, "before_cursor_execute", write_down)


def _strict_engine(model: Any) -> Engine:
    """A database with the model's tables, which checks foreign keys."""
    engine = create_engine("sqlite://")
    event.listen(engine, "connect", lambda db, _record: db.execute("PRAGMA foreign_keys = ON"))
    model.metadata.create_all(engine)
    return engine


_WAREHOUSES = """
class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "items"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Warehouse(Base):
    __tablename__ = "warehouses"
    id: Mapped[int] = mapped_column(primary_key=True)
    city: Mapped[str]
    stock: Mapped[list["Stock"]] = relationship(back_populates="warehouse")


class Stock(Base):
    __tablename__ = "stock"
"""
_ENDS = """
    quantity: Mapped[int]
    warehouse: Mapped[Warehouse] = relationship(back_populates="stock")
    item: Mapped[Item] = relationship()
"""
_PAIR = """
    warehouse_id: Mapped[int] = mapped_column(ForeignKey("warehouses.id"), primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"), primary_key=True)
"""
_NOT_NEGATIVE = """
    __table_args__ = (CheckConstraint("quantity >= 0"),)
"""

_ORDERS = """
class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "items"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    price: Mapped[int]


class OrderItem(Base):
    __tablename__ = "order_items"
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"), primary_key=True)
    quantity: Mapped[int]
    unit_price: Mapped[int | None]
    item: Mapped[Item] = relationship()


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    lines: Mapped[list[OrderItem]] = relationship()
"""

EXERCISES = (
    Exercise(
        "3.1",
        "Build an association object",
        answer="Stock",
        check=check_stock,
        hints=(
            "Look at OrderItem in the lesson, and replace the order by a warehouse.",
            "Two columns with a ForeignKey each, both primary_key=True: then the pair is the key. "
            "The quantity is a Mapped[int], and a CheckConstraint in __table_args__ guards it.",
            'warehouse_id: Mapped[int] = mapped_column(ForeignKey("warehouses.id"), '
            "primary_key=True), the same for item_id, and warehouse: Mapped[Warehouse] = "
            'relationship(back_populates="stock").',
        ),
        wrong=(
            Wrong(_WAREHOUSES + _PAIR + _ENDS, "A quantity of -1 was stored"),
            Wrong(
                _WAREHOUSES
                + _NOT_NEGATIVE
                + _ENDS
                + "    id: Mapped[int] = mapped_column(primary_key=True)\n"
                '    warehouse_id: Mapped[int] = mapped_column(ForeignKey("warehouses.id"))\n'
                '    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"))\n',
                "The same item was stored twice in one warehouse",
            ),
            Wrong(
                _WAREHOUSES
                + _NOT_NEGATIVE
                + _ENDS
                + "    warehouse_id: Mapped[int] = mapped_column(\n"
                '        ForeignKey("warehouses.id"), primary_key=True)\n'
                '    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"))\n',
                "A warehouse could not have a second item",
            ),
            Wrong(
                (_WAREHOUSES + _NOT_NEGATIVE + _PAIR + _ENDS).replace(
                    'relationship(back_populates="stock")', "relationship()"
                ),
                "did not appear in lyon.stock",
            ),
            Wrong(
                (_WAREHOUSES + _PAIR + _ENDS)
                .replace('ForeignKey("items.id"), ', "")
                .replace("    item: Mapped[Item] = relationship()\n", ""),
                "stock.item_id is no foreign key to items.id",
            ),
        ),
    ),
    Exercise(
        "3.2",
        "Add up a receipt",
        answer="receipt",
        check=check_receipt,
        hints=(
            "The amount is a sum over quantity times unit price. The description is the lesson's, "
            "over lines that were sorted first.",
            "sorted() takes a key. A key may be a tuple: what comes first in it decides first. "
            "A minus sign turns smallest-first into largest-first.",
            'sorted(lines, key=lambda line: (-line.quantity, line.name)), then ", ".join(…) as '
            "in the lesson.",
        ),
        wrong=(
            Wrong(
                "def receipt(lines):\n"
                "    amount = sum(line.unit_price for line in lines)\n"
                '    return amount, ", ".join(f"{line.quantity}x {line.name}" for line in lines)\n',
                "the amount was 5950, expected 17850",
            ),
            Wrong(
                "def receipt(lines):\n"
                "    amount = sum(line.quantity * line.unit_price for line in lines)\n"
                '    return amount, ", ".join(f"{line.quantity}x {line.name}" for line in lines)\n',
                "expected '3x Chair, 1x Desk lamp'",
            ),
            Wrong(
                "def receipt(lines):\n"
                "    amount = sum(line.quantity * line.unit_price for line in lines)\n"
                "    lines = sorted(lines, key=lambda line: line.quantity, reverse=True)\n"
                '    return amount, ", ".join(f"{line.quantity}x {line.name}" for line in lines)\n',
                "expected '1x Desk lamp, 1x Table'",
            ),
            Wrong(
                "def receipt(lines):\n"
                "    amount = sum(line.quantity * line.unit_price for line in lines)\n"
                '    texts = [f"{line.quantity}x {line.name}" for line in lines]\n'
                '    return amount, ", ".join(sorted(texts, reverse=True))\n',
                "expected '1x Desk lamp, 1x Table'",
            ),
        ),
    ),
    Exercise(
        "3.3",
        "Break it, then fix it: the receipt that changed",
        answer="Order",
        check=check_price_of_the_day,
        hints=(
            "Today's price and that day's price are two facts. Where is the second one kept?",
            "Add unit_price: Mapped[int] to OrderItem. Order.place fills it in, Order.amount "
            "reads it.",
            "OrderItem(item=item, quantity=quantity, unit_price=item.price) in place, and "
            "line.quantity * line.unit_price in amount.",
        ),
        wrong=(
            Wrong(
                _ORDERS
                + """
    @classmethod
    def place(cls, items):
        return cls(lines=[OrderItem(item=item, quantity=n, unit_price=item.price)
                          for item, n in items.items()])

    @property
    def amount(self):
        return sum(line.quantity * line.item.price for line in self.lines)
""",
                "the old order from 21750 to 24750",
            ),
            Wrong(
                _ORDERS
                + """
    @classmethod
    def place(cls, items):
        order = cls(lines=[OrderItem(item=item, quantity=n) for item, n in items.items()])
        order.total = sum(item.price * n for item, n in items.items())
        return order

    @property
    def amount(self):
        return getattr(self, "total", 0)
""",
                "the old order from 21750 to 0",
            ),
            Wrong(
                _ORDERS
                + """
    @classmethod
    def place(cls, items):
        return cls(lines=[OrderItem(item=item, quantity=n, unit_price=item.price * n)
                          for item, n in items.items()])

    @property
    def amount(self):
        return sum(line.quantity * line.unit_price for line in self.lines)
""",
                "amount was 57450, expected 21750",
            ),
            Wrong(
                _ORDERS.replace("Mapped[int | None]", "Mapped[int]")
                + """
    @classmethod
    def place(cls, items):
        return cls(lines=[OrderItem(item=item, quantity=n) for item, n in items.items()])

    @property
    def amount(self):
        return sum(line.quantity * line.unit_price for line in self.lines)
""",
                "order_items.unit_price. Does place fill every column?",
            ),
        ),
    ),
    Exercise(
        "3.4",
        "Kill the N+1",
        answer="order_history",
        check=check_order_history,
        hints=(
            "order.description touches two things that are not there yet: the lines, and each "
            "line's item. Say both in advance.",
            "select(models.Order).options(…) takes what to load. selectinload(models.Order.lines) is the first "
            "half; the second is chained onto it.",
            "select(models.Order).options(selectinload(models.Order.lines).joinedload(models.OrderItem.item)).",
        ),
        wrong=(
            Wrong(
                "def order_history(session):\n"
                "    query = select(models.Order).options(selectinload(models.Order.lines))\n"
                "    return [order.description for order in session.scalars(query)]\n",
                "questions, expected 3 at most",
            ),
            Wrong(
                "def order_history(session):\n"
                "    query = select(models.Order).limit(3)\n"
                "    query = query.options(selectinload(models.Order.lines).joinedload(models.OrderItem.item))\n"
                "    return [order.description for order in session.scalars(query)]\n",
                "For 30 orders it returned 3 descriptions",
            ),
            Wrong(
                "def order_history(session):\n"
                "    return [str(len(order.lines)) for order in session.scalars(select(models.Order))]\n",
                "the descriptions differ",
            ),
            Wrong(
                "from sqlalchemy.orm import joinedload\n\n\n"
                "def order_history(session):\n"
                "    query = select(models.Order).options(\n"
                "        joinedload(models.Order.lines).joinedload(models.OrderItem.item))\n"
                "    return [order.description for order in session.scalars(query)]\n",
                "take selectinload for the lines",
            ),
        ),
    ),
)
