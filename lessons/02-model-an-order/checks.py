"""Checks for chapter 02: money, states, constraints, and when to write an outcome down."""

from collections.abc import Callable
from decimal import Decimal
from itertools import product
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError

from classroom.exercise import Exercise, Mistake, Wrong, expect


def check_to_minor_units(answer: Callable[..., Any]) -> None:
    for amount, currency, right, why in (
        ("39.00", "usd", 3900, "a dollar has 100 cents"),
        ("19.99", "usd", 1999, "a float cannot hold 19.99, so go through Decimal"),
        ("8.29", "eur", 829, "a float cannot hold 8.29, so go through Decimal"),
        ("500", "jpy", 500, "the yen has no decimals"),
        ("1.230", "kwd", 1230, "the dinar has three decimals"),
        (Decimal("0.50"), "gbp", 50, "a Decimal is welcome"),
        (12, "usd", 1200, "an int is a whole number of dollars"),
        (12, "krw", 12, "the won has no decimals"),
    ):
        called = f"Called to_minor_units({amount!r}, {currency!r})"
        got = answer(amount, currency)
        expect(got == right, f"{called}, returned {got!r}, expected {right}: {why}.")
        expect(type(got) is int, f"{called}, returned {got!r}, expected the int {right}.")
    for amount, currency, error, why in (
        (19.99, "usd", TypeError, "a float is refused before it does harm"),
        (5.0, "usd", TypeError, "a float is refused, even one that looks whole"),
        ("9.995", "usd", ValueError, "there is no half cent"),
        ("0.5", "jpy", ValueError, "there is no half yen"),
        ("1.2345", "kwd", ValueError, "the dinar has three decimals, not four"),
    ):
        _expect_raises(error, answer, "to_minor_units", amount, currency, why=why)


def check_move(answer: Callable[..., Any]) -> None:
    words = ("pending", "paid", "shipped", "canceled", "refunded")
    allowed = {
        ("pending", "paid"),
        ("pending", "canceled"),
        ("paid", "shipped"),
        ("paid", "refunded"),
        ("shipped", "refunded"),
    }
    for current, new in sorted(allowed):
        called = f"Called move({current!r}, {new!r})"
        try:
            got = answer(current, new)
        except (ValueError, KeyError) as error:
            raise Mistake(
                f"{called}, it raised {error!r}, but the rules allow that step."
            ) from None
        expect(got == new, f"{called}, returned {got!r}, expected {new!r}.")
    for current, new in product(words, words):
        if (current, new) not in allowed:
            why = "the rules do not allow that step"
            _expect_raises(ValueError, answer, "move", current, new, why=why)
    why = "there is no such status"
    _expect_raises(ValueError, answer, "move", "pending", "payed", why=why)
    _expect_raises(ValueError, answer, "move", "lost", "paid", why=why)


def check_gift_card(answer: Any) -> None:
    engine = create_engine("sqlite://")
    answer.metadata.create_all(engine)

    def stored(code: str, balance: int) -> bool:
        row = text(f"INSERT INTO {answer.__tablename__} (code, balance) VALUES (:code, :balance)")
        try:
            with engine.begin() as connection:
                connection.execute(row, {"code": code, "balance": balance})
        except IntegrityError:
            return False
        return True

    expect(stored("SPRING", 5000), "A card with 5000 on it was refused, expected it to be stored.")
    expect(stored("EMPTY", 0), "A card with balance 0 was refused, expected it to be stored.")
    expect(stored("MUGS", 5000), "A second card with 5000 was refused: only codes must differ.")
    expect(not stored("DEBT", -1), "Another program stored a card with balance -1: add a CHECK.")
    expect(
        not stored("SPRING", 100), "Two cards with the code 'SPRING' were stored: make it unique."
    )


def check_pay(answer: Callable[..., Any]) -> None:
    for story, error, right in (
        ("a charge that succeeds", None, "paid"),
        ("a declined card", LookupError("card_declined"), "pending"),
        ("a crash after Stripe took the money", RuntimeError("the power went out"), "pending"),
    ):
        order = _Order()
        session = _Session(order)
        _run(answer, session, order, error, story)
        expect(
            session.saved == right,
            f"After {story} the saved status was {session.saved!r}, expected {right!r}.",
        )
        expect(
            order.status == right,
            f"After {story} order.status was {order.status!r}, expected {right!r}.",
        )


class _Order:
    status = "pending"


class _Session:
    def __init__(self, order: _Order) -> None:
        self.order, self.saved = order, order.status

    def commit(self) -> None:
        self.saved = self.order.status


def _run(
    pay: Callable[..., Any], session: _Session, order: _Order, error: Exception | None, story: str
) -> None:
    """Run `pay` with a charge that looks at what was saved until then."""
    saved: list[str] = []

    def charge(_order: _Order) -> None:
        saved.append(session.saved)
        if error:
            raise error

    try:
        pay(session, order, charge)
    except (LookupError, RuntimeError) as raised:
        expect(raised is error, f"During {story} pay raised {raised!r}, expected {error!r}.")
    else:
        expect(error is None, f"During {story} pay raised nothing, expected {error!r} to go on.")
    expect(len(saved) == 1, f"During {story} charge was called {len(saved)} times, expected once.")
    expect(
        saved[0] == "pending",
        f"While Stripe was asked the saved status was {saved[0]!r}: nobody knew that yet.",
    )


def _expect_raises(
    error: type[Exception], answer: Callable[..., Any], name: str, *values: object, why: str
) -> None:
    """Raise `Mistake` unless the call raises that error."""
    called = f"Called {name}({', '.join(map(repr, values))})"
    try:
        got = answer(*values)
    except error:
        return
    except Exception as other:
        raise Mistake(
            f"{called}, it raised {other!r}, expected {error.__name__}: {why}."
        ) from other
    raise Mistake(f"{called}, returned {got!r}, expected {error.__name__}: {why}.")


_FRESH_BASE = "class Base(DeclarativeBase):\n    pass\n\n\n"

EXERCISES = (
    Exercise(
        "2.1",
        "Turn a price into minor units",
        answer="to_minor_units",
        check=check_to_minor_units,
        hints=(
            "Three steps: refuse a float, move the decimal point, refuse what is left behind it.",
            "isinstance(amount, float) finds the float. Decimal(amount).scaleb(places) moves the "
            "point. A number with something behind the point differs from its own int().",
            "minor = Decimal(amount).scaleb(DECIMALS[currency]); raise ValueError if "
            "minor != int(minor); return int(minor).",
        ),
        wrong=(
            Wrong(
                "def to_minor_units(amount, currency):\n    return int(float(amount) * 100)\n",
                "returned 1998, expected 1999",
            ),
            Wrong(
                "def to_minor_units(amount, currency):\n    return int(Decimal(amount) * 100)\n",
                "returned 50000, expected 500",
            ),
            Wrong(
                "def to_minor_units(amount, currency):\n"
                "    return int(Decimal(amount).scaleb(DECIMALS[currency]))\n",
                "a float is refused",
            ),
            Wrong(
                "def to_minor_units(amount, currency):\n"
                "    if isinstance(amount, float):\n"
                "        raise TypeError(amount)\n"
                "    return int(Decimal(amount).scaleb(DECIMALS[currency]))\n",
                "there is no half cent",
            ),
            Wrong(
                "def to_minor_units(amount, currency):\n"
                "    return Decimal(amount).scaleb(DECIMALS[currency])\n",
                "expected the int 3900",
            ),
        ),
    ),
    Exercise(
        "2.2",
        "Write the rules of a shop that ships",
        answer="move",
        check=check_move,
        hints=(
            "A dict with five keys, one per status. Each value is the set of what may follow.",
            "Nothing follows canceled and refunded: their sets are empty. For a status that is no "
            "key, dict.get(current, ()) gives an empty answer instead of a KeyError.",
            '{"pending": {"paid", "canceled"}, "paid": {"shipped", "refunded"}, …}; if new is not '
            "in the set of current, raise ValueError; else return new.",
        ),
        wrong=(
            Wrong(
                "def move(current, new):\n"
                '    order = ["pending", "paid", "shipped", "refunded", "canceled"]\n'
                "    if order.index(new) <= order.index(current):\n"
                '        raise ValueError("backwards")\n'
                "    return new\n",
                "Called move('pending', 'shipped'), returned 'shipped', expected ValueError",
            ),
            Wrong(
                "def move(current, new):\n"
                '    table = {"pending": {"paid", "canceled"}, "paid": {"shipped"},\n'
                '             "shipped": {"refunded"}, "canceled": set(), "refunded": set()}\n'
                "    if new not in table[current]:\n"
                "        raise ValueError(new)\n"
                "    return new\n",
                "move('paid', 'refunded'), it raised",
            ),
            Wrong(
                "def move(current, new):\n"
                '    table = {"pending": {"paid", "canceled"}, "paid": {"shipped", "refunded"},\n'
                '             "shipped": {"refunded"}}\n'
                "    if new not in table[current]:\n"
                "        raise ValueError(new)\n"
                "    return new\n",
                "it raised KeyError('canceled'), expected ValueError",
            ),
        ),
    ),
    Exercise(
        "2.3",
        "Stop a bad row",
        answer="GiftCard",
        check=check_gift_card,
        hints=(
            "Both rules were in the lesson: one on Item's price, one on payment_intent_id.",
            "A CheckConstraint stands in __table_args__, which is a tuple: mind the comma. The "
            "other rule is an argument of mapped_column.",
            '__table_args__ = (CheckConstraint("balance >= 0", name="balance_not_negative"),) and '
            "mapped_column(String(20), unique=True).",
        ),
        wrong=(
            Wrong(
                _FRESH_BASE + "class GiftCard(Base):\n"
                '    __tablename__ = "gift_cards"\n'
                '    __table_args__ = (CheckConstraint("balance > 0"),)\n'
                "    id: Mapped[int] = mapped_column(primary_key=True)\n"
                "    code: Mapped[str] = mapped_column(String(20), unique=True)\n"
                "    balance: Mapped[int]\n",
                "A card with balance 0 was refused",
            ),
            Wrong(
                _FRESH_BASE + "class GiftCard(Base):\n"
                '    __tablename__ = "gift_cards"\n'
                '    __table_args__ = (CheckConstraint("balance >= 0"),)\n'
                "    id: Mapped[int] = mapped_column(primary_key=True)\n"
                "    code: Mapped[str] = mapped_column(String(20))\n"
                "    balance: Mapped[int]\n",
                "Two cards with the code 'SPRING' were stored",
            ),
            Wrong(
                _FRESH_BASE + "class GiftCard(Base):\n"
                '    __tablename__ = "gift_cards"\n'
                "    id: Mapped[int] = mapped_column(primary_key=True)\n"
                "    code: Mapped[str] = mapped_column(String(20), unique=True)\n"
                "    balance: Mapped[int] = mapped_column(default=0)\n",
                "stored a card with balance -1",
            ),
            Wrong(
                _FRESH_BASE + "class GiftCard(Base):\n"
                '    __tablename__ = "gift_cards"\n'
                '    __table_args__ = (CheckConstraint("balance >= 0"),)\n'
                "    id: Mapped[int] = mapped_column(primary_key=True)\n"
                "    code: Mapped[str] = mapped_column(String(20), unique=True)\n"
                "    balance: Mapped[int] = mapped_column(unique=True)\n",
                "only codes must differ",
            ),
        ),
    ),
    Exercise(
        "2.4",
        "Break it, then fix it: the order that lied",
        answer="pay",
        check=check_pay,
        hints=(
            "Which lines claim something that the shop does not know yet?",
            "Until charge has returned, the order is what it was before. What has to stand above "
            "charge(order), then?",
            "Nothing stands above charge(order). Below it: order.status = 'paid', then commit. No "
            "try: what charge raises is for the caller.",
        ),
        wrong=(
            Wrong(
                "def pay(session, order, charge):\n"
                "    try:\n"
                "        charge(order)\n"
                '        order.status = "paid"\n'
                "    except Exception:\n"
                '        order.status = "failed"\n'
                "        raise\n"
                "    finally:\n"
                "        session.commit()\n",
                "After a declined card the saved status was 'failed', expected 'pending'",
            ),
            Wrong(
                "def pay(session, order, charge):\n"
                "    try:\n"
                "        charge(order)\n"
                "    except Exception:\n"
                "        return\n"
                '    order.status = "paid"\n'
                "    session.commit()\n",
                "During a declined card pay raised nothing",
            ),
            Wrong(
                "def pay(session, order, charge):\n"
                '    order.status = "paid"\n'
                "    session.commit()\n"
                "    charge(order)\n",
                "the saved status was 'paid': nobody knew that yet",
            ),
            Wrong(
                'def pay(session, order, charge):\n    charge(order)\n    order.status = "paid"\n',
                "the saved status was 'pending', expected 'paid'",
            ),
            Wrong(
                "def pay(session, order, charge):\n"
                '    order.status = "failed"\n'
                "    charge(order)\n"
                '    order.status = "paid"\n'
                "    session.commit()\n",
                "After a declined card order.status was 'failed', expected 'pending'",
            ),
        ),
    ),
)
