"""Checks for chapter 05: tests that notice, pages that lose nobody, receipts for their owners."""

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import Row, create_engine, event
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from werkzeug.test import TestResponse

from classroom.exercise import Exercise, Mistake, Wrong, expect, solution_of
from classroom.practice import Practice


class Forgetful(FlaskClient):
    """Shop A: every item at most once."""

    def post(self, *args: Any, **kwargs: Any) -> TestResponse:
        if "json" in kwargs:
            body = kwargs["json"]
            kwargs["json"] = body | {"item_ids": sorted(set(body["item_ids"]))}
        return super().post(*args, **kwargs)


class Generous(FlaskClient):
    """Shop B: 201, whatever became of the payment."""

    def post(self, *args: Any, **kwargs: Any) -> TestResponse:
        answer = super().post(*args, **kwargs)
        if answer.status_code == 402:
            answer.status_code = 201
        return answer


class Curious(FlaskClient):
    """Shop C: the newest order, whichever was asked for."""

    newest = ""

    def post(self, *args: Any, **kwargs: Any) -> TestResponse:
        answer = super().post(*args, **kwargs)
        if answer.status_code == 201 and answer.json:
            self.newest = answer.json["id"]
        return answer

    def get(self, *args: Any, **kwargs: Any) -> TestResponse:
        if self.newest and str(args[0]).startswith("/orders/"):
            args = (f"/orders/{self.newest}", *args[1:])
        return super().get(*args, **kwargs)


BROKEN = {
    "Shop A, which forgets quantities": Forgetful,
    "Shop B, which says 201 to a declined card": Generous,
    "Shop C, which shows the order placed last": Curious,
}


def check_tests(answer: Any) -> None:
    expect(
        isinstance(answer, list) and all(callable(test) for test in answer),
        f"`tests` is {answer!r}, expected a list of functions, such as [test_one, test_two].",
    )
    expect(len(answer) >= 3, f"`tests` has {len(answer)} tests, expected three.")
    for test in answer:
        complaint = complaint_of(test, FlaskClient)
        name = getattr(test, "__name__", "a test")
        expect(complaint is None, f"{name} fails with a healthy shop: {complaint}")
    for shop, client in BROKEN.items():
        expect(
            any(complaint_of(test, client) is not None for test in answer),
            f"All {len(answer)} tests pass with {shop}: none of them noticed.",
        )


def complaint_of(test: Callable[..., Any], client: type[FlaskClient]) -> str | None:
    """Why the test fails with such a shop, or None if it passes."""
    app = Practice().shop()
    app.test_client_class = client
    try:
        test(app.test_client())
    except AssertionError as error:
        line = traceback.extract_tb(error.__traceback__)[-1].line
        return f"AssertionError {error}".strip() + (f"\n  in the line: {line}" if line else "")
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None


class Base(DeclarativeBase):
    pass


class Sale(Base):
    __tablename__ = "sales"
    id: Mapped[int] = mapped_column(primary_key=True)
    created_at: Mapped[int]


def check_page(answer: Callable[..., Any]) -> None:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        times = [100, 300, 200, 200, 200, 100, 300]
        session.add_all(Sale(id=n, created_at=time) for n, time in enumerate(times, 1))
        session.commit()
        shown = _page(answer, session, 3)
        first = _ids(shown)
        expect(
            first == [7, 2, 5],
            f"Called page with limit=3, returned the sales {first}, expected [7, 2, 5]: newest first, "
            "and among equal times the larger id first.",
        )
        seen = list(first)
        session.add(Sale(id=8, created_at=400))
        session.commit()
        for _ in range(3):
            shown = _page(answer, session, 2, shown[-1]) if shown else []
            seen += _ids(shown)
        repeated = sorted({n for n in seen if seen.count(n) > 1})
        missing = sorted(set(range(1, 8)) - set(seen))
        expect(not repeated, f"Turned all pages while a sale arrived: {repeated} came twice.")
        expect(not missing, f"Turned all pages while a sale arrived: {missing} never came.")
        expect(
            seen == [7, 2, 5, 4, 3, 6, 1],
            f"Turned all pages, got the sales {seen}, expected [7, 2, 5, 4, 3, 6, 1].",
        )
        _check_reading(answer, session)


def _check_reading(answer: Callable[..., Any], session: Session) -> None:
    called = "Called page with a sale to start after"
    last = _page(answer, session, 1)[0]
    with _asked(session) as asked:
        _page(answer, session, 2, last)
    # SQLAlchemy gives SQLite every LIMIT with an OFFSET behind it, as the last parameter.
    expect(
        not any("OFFSET" in statement and told[-1] for statement, told in asked),
        f"{called}: it used OFFSET, which reads all it skips.",
    )
    expect(
        all("LIMIT" in statement or "sales.id = ?" in statement for statement, _ in asked),
        f"{called}: it read the whole table. Let the query compare and limit.",
    )


@contextmanager
def _asked(session: Session) -> Iterator[list[tuple[str, Any]]]:
    """What the database is asked meanwhile: statements and their parameters."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, told: Any, *_rest: Any) -> None:
        asked.append((statement, told))

    event.listen(session.get_bind(), "before_cursor_execute", note)
    yield asked
    event.remove(session.get_bind(), "before_cursor_execute", note)


def _page(answer: Callable[..., Any], session: Session, limit: int, after: Any = None) -> list[Any]:
    got = answer(session, limit, after=after)
    expect(isinstance(got, list), f"Called page, returned {type(got).__name__}, expected a list.")
    expect(
        not any(isinstance(sale, Row) for sale in got),
        "Called page, returned a list of rows, expected sales: session.scalars brings the objects, "
        "session.execute brings rows.",
    )
    return got


def _ids(sales: list[Any]) -> list[int]:
    return [sale.id for sale in sales]


RECEIPTS = {
    101: {"customer": 1, "text": "1x Mirror, 74.25"},
    102: {"customer": 2, "text": "1x Rug, 89.00"},
    104: {"customer": None, "text": "1x Chair, 59.50"},
    205: {"customer": 2, "text": "1x Coat hook, 12.50"},
}
NOTHING = ({"error": "There is no such order."}, 404)


def check_receipt(answer: Callable[..., Any]) -> None:
    for order_id, customer, expected, which in (
        (102, 2, ({"text": "1x Rug, 89.00"}, 200), "the customer's own order"),
        (205, 2, ({"text": "1x Coat hook, 12.50"}, 200), "an order that only `receipts` has"),
        (101, 2, NOTHING, "another customer's order"),
        (999, 2, NOTHING, "an order that does not exist"),
        (101, None, NOTHING, "somebody's order, and nobody signed in"),
        (104, 2, NOTHING, "a guest's order, asked for by a customer"),
        (104, None, NOTHING, "a guest's order, and nobody signed in"),
    ):
        called = f"Called receipt for {which}"
        try:
            got = answer(RECEIPTS, order_id, customer)
        except KeyError as error:
            raise Mistake(f"{called}, it raised KeyError {error}, expected {expected}.") from None
        expect(got == expected, f"{called}, returned {got!r}, expected {expected!r}.")


TESTS = solution_of("tests", __file__)
PAGE = solution_of("page", __file__)
RECEIPT = solution_of("receipt", __file__)

NEWEST = "Sale.created_at.desc(), Sale.id.desc()"
BEHIND = "tuple_(Sale.created_at, Sale.id) < (after.created_at, after.id)"

SLICED = """
def page(session, limit, after=None):
    query = select(Sale).order_by(Sale.created_at.desc(), Sale.id.desc())
    found = list(session.scalars(query))
    start = 0 if after is None else found.index(after) + 1
    return found[start : start + limit]
"""
COUNTED = """
def page(session, limit, after=None):
    query = select(Sale).order_by(Sale.created_at.desc(), Sale.id.desc())
    start = 0
    if after is not None:
        start = list(session.scalars(query.with_only_columns(Sale.id))).index(after.id) + 1
    return list(session.scalars(query.offset(start).limit(limit)))
"""

EXERCISES = (
    Exercise(
        "5.1",
        "Catch three broken shops",
        answer="tests",
        check=check_tests,
        hints=(
            "One test for each shop. What would you do by hand to find out that it is broken?",
            "For A, order several chairs and compare the amount. For B, look at the status code. For "
            "C, one order is not enough.",
            "C: place an order and keep its answer, place another one, then GET the first by its id "
            "and assert that it is the first.",
        ),
        wrong=(
            Wrong(
                TESTS.but("[5] * 5}", "[5]}").but("5 * 5950", "5950"),
                "with Shop A, which forgets quantities",
            ),
            Wrong(
                TESTS.but("answer.status_code == 402", "answer.json"),
                "with Shop B, which says 201 to a declined card",
            ),
            Wrong(
                TESTS.but(
                    '    web.post("/orders", json={"token": "tok_visa", "item_ids": [2]})\n', ""
                ),
                "with Shop C, which shows the order placed last",
            ),
            Wrong(
                TESTS.but("5 * 5950", "5 * 59.50"),
                "one_chair fails with a healthy shop",
            ),
        ),
    ),
    Exercise(
        "5.2",
        "Turn the page without losing anybody",
        answer="page",
        check=check_page,
        hints=(
            "Sort by two columns, and compare both columns with the cursor's.",
            "query = select(Sale).order_by(Sale.created_at.desc(), Sale.id.desc()).limit(limit); with "
            "`after`, add a where with tuple_.",
            "query.where(tuple_(Sale.created_at, Sale.id) < (after.created_at, after.id)), then "
            "list(session.scalars(query)).",
        ),
        wrong=(
            Wrong(
                PAGE.but(BEHIND, "Sale.created_at < after.created_at"),
                "[3, 4] never came",
            ),
            Wrong(
                PAGE.but(BEHIND, "Sale.created_at <= after.created_at"),
                "came twice",
            ),
            Wrong(
                PAGE.but(NEWEST, "Sale.id.desc()").but(BEHIND, "Sale.id < after.id"),
                "expected [7, 2, 5]",
            ),
            Wrong(
                PAGE.but("scalars", "execute"),
                "session.execute brings rows",
            ),
            Wrong(SLICED, "it read the whole table"),
            Wrong(COUNTED, "it used OFFSET"),
        ),
    ),
    Exercise(
        "5.3",
        "Break it, then fix it: the helpful receipt",
        answer="receipt",
        check=check_receipt,
        hints=(
            "There is one case in which the receipt is shown. All others get one and the same answer.",
            "Is anybody signed in? Is there such an order? Is it theirs? Only three times yes shows it.",
            "if customer is None or found is None or found['customer'] != customer: return "
            "{'error': 'There is no such order.'}, 404",
        ),
        wrong=(
            Wrong(
                RECEIPT.but("= receipts.get", "= RECEIPTS.get"),
                "an order that only `receipts` has",
            ),
            Wrong(
                RECEIPT.but("customer is None or ", "").but(
                    ' or found["customer"] != customer', ""
                ),
                "for another customer's order, returned ({'text': '1x Mirror, 74.25'}, 200)",
            ),
            Wrong(
                RECEIPT.but("customer is None or ", ""),
                "for a guest's order, and nobody signed in, returned ({'text': '1x Chair, 59.50'}, 200)",
            ),
            Wrong(
                RECEIPT.but("There is no such order.", "This is not your order.").but("404", "403"),
                "another customer's order, returned ({'error': 'This is not your order.'}, 403)",
            ),
        ),
    ),
)
