"""Checks for chapter 09: an inbox, one fulfilment, shuffled news, and a worker that dies."""

import random
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import stripe
from sqlalchemy import event, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from classroom.exercise import Exercise, Mistake, Wrong, expect, solution_of
from classroom.practice import Practice, row_locks, shared_database


class Base(DeclarativeBase):
    pass


class Event(Base):
    __tablename__ = "inbox"
    id: Mapped[str] = mapped_column(primary_key=True)
    type: Mapped[str]
    about: Mapped[str]
    handled: Mapped[bool] = mapped_column(default=False)
    due_at: Mapped[int | None] = mapped_column(default=0)
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


class Desk:
    """A database that several processes open, each with a session of its own."""

    def __init__(self, *rows: Base) -> None:
        self.engine = shared_database(Base)
        with self.session() as session:
            session.add_all(rows)
            session.commit()

    def session(self) -> Session:
        """What a process works with; `expire_on_commit` is as it comes."""
        return Session(self.engine)

    def before_first_write(self, rival: Callable[[], object]) -> None:
        """Let another process do something, just before the next INSERT, UPDATE or DELETE."""
        waiting = [rival]

        def intrude(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
            if waiting and statement.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")):
                run_beside(waiting.pop())

        event.listen(self.engine, "before_cursor_execute", intrude)

    def read(self, sql: str) -> list[Any]:
        """What is committed, as another process sees it."""
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(sql))]


def run_beside(rival: Callable[[], object]) -> None:
    """Let somebody do something at this moment. Raises `Mistake` if they have to wait for it to pass."""
    pool = ThreadPoolExecutor(1)
    try:
        pool.submit(rival).result(timeout=3)  # seconds
    except TimeoutError:
        raise Mistake(
            "Called by two at the same moment: one still waits for the other's lock, after 3 seconds. "
            "Another process does not see a lock of this one: let the database decide."
        ) from None
    finally:
        pool.shutdown(wait=False)  # who waits goes on when the lock is let go


def told(id: str, type: str = "payment_intent.succeeded", about: str = "pi_1") -> Any:
    """An event of Stripe's, as far as `receive` looks at it."""
    values = {"id": id, "object": "event", "type": type, "data": {"object": {"id": about}}}
    return stripe.Event.construct_from(values, None)


def check_receive(answer: Callable[..., Any]) -> None:
    desk = Desk()
    with desk.session() as session:
        _receive(answer, session, told("evt_1"), "Called receive with a new event")
        found = desk.read("SELECT id, type, about FROM inbox")
        expect(
            found == [("evt_1", "payment_intent.succeeded", "pi_1")],
            f"Called receive with a new event: committed in the inbox is {found!r}, "
            "expected id, type and what it is about.",
        )
        found = desk.read("SELECT handled, due_at FROM inbox")
        expect(
            found == [(False, 0)],
            f"Called receive with a new event: (handled, due_at) is {found[0]!r}, expected (0, 0). "
            "The work is still to be done.",
        )
        session.execute(text("UPDATE inbox SET handled = true"))
        session.commit()
        called = "Called receive with an event that came before"
        _receive(answer, session, told("evt_1"), called)
        found = desk.read("SELECT id, handled FROM inbox")
        expect(
            found == [("evt_1", True)],
            f"{called}, and was handled: the inbox is {found!r}, expected no change.",
        )
        called = "Called receive with another event, after a duplicate"
        _receive(answer, session, told("evt_2"), called)
        found = desk.read("SELECT id FROM inbox ORDER BY id")
        expect(
            found == [("evt_1",), ("evt_2",)],
            f"{called} and about the same PaymentIntent: the inbox is {found!r}, expected both.",
        )
    _check_race(answer)
    _check_broken_database(answer)


def _receive(answer: Callable[..., Any], session: Session, event: Any, called: str) -> None:
    try:
        got = answer(session, event)
    except SQLAlchemyError as error:
        raise Mistake(f"{called}, it raised {type(error).__name__}, expected 200.") from None
    expect(got == 200, f"{called}, returned {got!r}, expected 200.")


def _check_race(answer: Callable[..., Any]) -> None:
    desk = Desk()

    def rival() -> None:
        with desk.session() as other:
            other.add(Event(id="evt_1", type="payment_intent.succeeded", about="pi_1"))
            other.commit()

    desk.before_first_write(rival)
    called = "Called receive while another process stores the same event, just before your insert"
    with desk.session() as session:
        _receive(answer, session, told("evt_1"), called)


def _check_broken_database(answer: Callable[..., Any]) -> None:
    desk = Desk()
    called = "Called receive while the database takes no writes"
    with desk.session() as session:
        session.execute(text("PRAGMA query_only = ON"))
        try:
            got = answer(session, told("evt_1"))
        except SQLAlchemyError:
            return
    raise Mistake(f"{called}, returned {got!r}, and the event is lost. Let the exception through.")


class Shelf(Desk):
    """Ten pieces of item 1, which is in all orders, and of item 2; only orders 1 and 2 are paid.

    whole: look at the database after each commit, as after a power cut
    """

    def __init__(self, whole: bool = False) -> None:
        statuses = {1: "paid", 2: "paid", 3: "pending"}
        super().__init__(
            Item(id=1, stock=10),
            Item(id=2, stock=10),
            *(Order(id=id, status=s, item_id=1, quantity=2) for id, s in statuses.items()),
        )
        self.outbox: list[int] = []
        self.whole = whole

    def state(self, order_id: int = 1) -> tuple[bool, int]:
        """Whether the order is committed as fulfilled, and how many pieces are left."""
        ((fulfilled,),) = self.read(f"SELECT fulfilled FROM orders WHERE id = {int(order_id)}")
        ((stock,),) = self.read("SELECT stock FROM items WHERE id = 1")
        return bool(fulfilled), stock

    def call(self, answer: Callable[..., Any], called: str, order_id: int = 1) -> Any:
        """One call, by a process of its own."""

        def send(about: int) -> None:
            expect(
                self.state(about)[0],
                f"{called}: send was called before the order was committed as fulfilled.",
            )
            self.outbox.append(about)

        with self.session() as session:
            if self.whole:
                event.listen(session, "after_commit", lambda _: self._check_whole(called))
            return answer(session, order_id, send)

    def _check_whole(self, called: str) -> None:
        orders = self.read("SELECT sum(quantity) FROM orders WHERE fulfilled")
        gone = 10 - self.state()[1]
        expect(
            gone == (orders[0][0] or 0),
            f"{called}: after a commit, {orders[0][0] or 0} pieces are of orders that say fulfilled, "
            f"and {gone} have left the stock. A power cut here would keep it so.",
        )


def check_fulfil(answer: Callable[..., Any]) -> None:
    shelf = Shelf()
    called = "Called fulfil with an order that is not paid"
    got = shelf.call(answer, called, 3)
    expect(got is False, f"{called}, returned {got!r}, expected False.")
    expect(
        shelf.state(3) == (False, 10) and not shelf.outbox,
        f"{called}: it was fulfilled all the same.",
    )
    _check_one_transaction(answer)
    called = "Called fulfil with a paid order"
    got = shelf.call(answer, called)
    expect(got is True, f"{called}, returned {got!r}, expected True.")
    expect(
        shelf.state() == (True, 8),
        f"{called}: (fulfilled, stock) is {shelf.state()!r}, expected (True, 8).",
    )
    expect(shelf.outbox == [1], f"{called}: it sent {len(shelf.outbox)} e-mails, expected 1.")
    others = shelf.read("SELECT stock FROM items WHERE id = 2")
    expect(others == [(10,)], f"{called}: it took from an item that was not ordered.")
    called = "Called fulfil a second time"
    got = shelf.call(answer, called)
    expect(got is False, f"{called}, returned {got!r}, expected False.")
    _check_storm(answer)
    _check_same_moment(answer)
    _check_paid_back(answer)
    _check_shared_stock(answer)


def _check_one_transaction(answer: Callable[..., Any]) -> None:
    Shelf(whole=True).call(answer, "Called fulfil with a paid order")


def _check_storm(answer: Callable[..., Any]) -> None:
    shelf, chance = Shelf(), random.Random(9)
    calls = [chance.choice([1, 2, 3]) for _ in range(40)]
    called = "Called fulfil 40 times, for three orders of which two are paid"
    results = [shelf.call(answer, called, order_id) for order_id in calls]
    expect(
        results.count(True) == 2,
        f"{called}: {results.count(True)} calls returned True, expected 2.",
    )
    stock = shelf.state()[1]
    expect(stock == 6, f"{called}: the stock is {stock}, expected 6.")


def _check_same_moment(answer: Callable[..., Any]) -> None:
    shelf, results = Shelf(), []
    called = "Called fulfil by the page and, at the same moment, by the webhook"
    shelf.before_first_write(lambda: results.append(shelf.call(answer, called)))
    results.append(shelf.call(answer, called))
    expect(
        results.count(True) == 1,
        f"{called}: {results.count(True)} calls returned True, expected 1. Ask in the UPDATE itself.",
    )
    expect(shelf.outbox == [1], f"{called}: it sent {len(shelf.outbox)} e-mails, expected 1.")
    stock = shelf.state()[1]
    expect(stock == 8, f"{called}: the stock is {stock}, expected 8.")


def _check_paid_back(answer: Callable[..., Any]) -> None:
    shelf = Shelf()

    def pay_back() -> None:
        with shelf.session() as other:
            other.execute(text("UPDATE orders SET status = 'refunded' WHERE id = 1"))
            other.commit()

    shelf.before_first_write(pay_back)
    called = "Called fulfil while the order is paid back, just before your first write"
    got = shelf.call(answer, called)
    expect(
        got is False and shelf.state() == (False, 10),
        f"{called}: it was fulfilled, returned {got!r}, expected False. Ask for the status in the UPDATE.",
    )


def _check_shared_stock(answer: Callable[..., Any]) -> None:
    shelf = Shelf()
    called = "Called fulfil while another order takes from the same stock"
    shelf.before_first_write(lambda: shelf.call(answer, called, 2))

    def check_subtracted(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        expect(
            locks or not re.search(r"UPDATE items SET stock\s*=\s*\?", statement),
            "Called fulfil: it set the stock to a number of its own, and on PostgreSQL another order may have "
            "changed it since. Let the database subtract.",
        )

    event.listen(shelf.engine, "before_cursor_execute", check_subtracted)
    with row_locks("items") as locks:
        shelf.call(answer, called)
    stock = shelf.state()[1]
    expect(stock == 6, f"{called}: the stock is {stock}, expected 6. Let the database subtract.")


class News:
    """A Stripe of its own, on which something has happened to these orders."""

    def __init__(self) -> None:
        self.bench = Practice()
        self.pay("A-1", "pm_card_visa_chargeDeclined", "pm_card_visa")
        self.pay("A-2", "pm_card_visa_chargeDeclined")
        self.bench.client.v1.payment_intents.cancel(self.pay("A-3"))
        self.bench.client.v1.payment_intents.cancel(self.pay("A-4"))
        self.pay("A-4", "pm_card_visa")
        self.debit("A-5")
        self.pay(None, "pm_card_visa")
        self.pay("elsewhere", "pm_card_visa")
        customer = self.bench.client.v1.customers.create()
        self.bench.client.v1.payment_methods.attach("pm_card_visa", {"customer": customer.id})
        self.events = self.bench.client.v1.events.list({"limit": 100}).data[::-1]

    def pay(self, order: str | None, *cards: str) -> str:
        noted: Any = {"metadata": {"order_id": order}} if order else {}
        params = {"amount": 1400, "currency": "usd", "allowed_payment_method_types": ["card"]}
        intent = self.bench.client.v1.payment_intents.create({**params, **noted})
        for card in cards:
            try:
                self.bench.client.v1.payment_intents.confirm(intent.id, {"payment_method": card})
            except stripe.CardError:
                continue
        return intent.id

    def debit(self, order: str) -> None:
        self.bench.client.v1.payment_intents.create(
            {
                "amount": 1400,
                "currency": "usd",
                "allowed_payment_method_types": ["us_bank_account"],
                "payment_method": "pm_usBankAccount_success",
                "mandate_data": {"customer_acceptance": {"type": "offline"}},
                "confirm": True,
                "metadata": {"order_id": order},
            }
        )


# What each order of `News` is in the end, and why.
TRUTH = {
    "A-1": ("paid", "its second card paid"),
    "A-2": ("pending", "its card was declined, and another one may come"),
    "A-3": ("canceled", "its payment was canceled"),
    "A-4": ("paid", "its first PaymentIntent was canceled, and the second one paid"),
    "A-5": ("pending", "its bank debit is on its way"),
}


def check_catch_up(answer: Callable[..., Any]) -> None:
    news, chance = News(), random.Random(9)
    _check_old_news(answer, news)
    backwards = news.events[::-1]
    shuffled = chance.sample(news.events * 2, len(news.events) * 2)
    ways = {
        "in order": news.events,
        "backwards": backwards,
        "shuffled, and twice": shuffled,
    }
    for way, events in ways.items():
        orders = dict.fromkeys(TRUTH, "pending")
        for told in events:
            _catch_up(answer, news.bench, orders, told)
        for order_id, (expected, reason) in TRUTH.items():
            got = orders.get(order_id)
            expect(
                got == expected,
                f"Called catch_up with all events {way}: {order_id} is {got!r}, "
                f"expected {expected!r}: {reason}.",
            )
        expect(
            orders.keys() == TRUTH.keys(),
            f"Called catch_up with all events {way}: orders has {sorted(map(str, orders))}, "
            "and some of them are no orders of this shop.",
        )


def _check_old_news(answer: Callable[..., Any], news: News) -> None:
    orders = dict.fromkeys(TRUTH, "pending")
    declined = next(told for told in news.events if told.type == "payment_intent.payment_failed")
    _catch_up(answer, news.bench, orders, declined)
    expect(
        orders["A-1"] == "paid",
        "Called catch_up with payment_intent.payment_failed, when another card has paid since: "
        f"A-1 is {orders['A-1']!r}, expected 'paid'. Fetch the PaymentIntent.",
    )


def _catch_up(
    answer: Callable[..., Any], bench: Practice, orders: dict[str, str], told: Any
) -> None:
    bench.local.log.clear()
    called = f"Called catch_up with {told.type}"
    about = told.data.object
    try:
        got = answer(bench.client, orders, told)
    except (KeyError, AttributeError, stripe.StripeError) as error:
        raise Mistake(f"{called}, it raised {type(error).__name__}: {error}.") from None
    sent = bench.sent()
    ours = told.type.startswith("payment_intent.")
    expect(ours or not sent, f"{called}: it asked Stripe. This event is about no PaymentIntent.")
    expect(
        all(call.method == "GET" for call in sent),
        f"{called}: it sent a POST to Stripe. Only look.",
    )
    order_id = about.metadata.to_dict().get("order_id") if ours else None
    expected = orders.get(order_id) if order_id in TRUTH else None
    where = "" if order_id in TRUTH or not ours else f" for {order_id!r}, which is no order of ours"
    expect(got == expected, f"{called}{where}, returned {got!r}, expected {expected!r}.")


class Killed(BaseException):
    """What ends a worker: no `Exception`."""


class Worker:
    """An inbox, and a way to have it worked on by processes that may die."""

    def __init__(self, **due: int) -> None:
        kind = "payment_intent.succeeded"
        self.desk = Desk(
            *(Event(id=id, type=kind, about="pi_1", due_at=at) for id, at in due.items())
        )
        self.handled: list[str] = []

    def row(self, id: str = "evt_1") -> tuple[bool, int | None, int, str | None]:
        columns = "handled, due_at, attempts, last_error"
        (row,) = self.desk.read(f"SELECT {columns} FROM inbox WHERE id = '{id}'")
        return (bool(row[0]), *row[1:])

    def works(self, answer: Callable[..., Any], now: int, called: str, handle: Any = None) -> Any:
        """What a process of its own returns; "killed" if it died."""
        with self.desk.session() as session:
            try:
                return answer(session, handle or self.handled.append, now)
            except Killed:
                return "killed"
            except OSError as error:
                raise Mistake(f"{called}, it raised {error!r}, expected it to be noted.") from None


def die(_id: str) -> None:
    raise Killed


def fail(_id: str) -> None:
    raise OSError("no line to Stripe")


def check_work_once(answer: Callable[..., Any]) -> None:
    _check_handled(answer)
    _check_taken(answer)
    _check_killed(answer)
    _check_failing(answer)


def _check_handled(answer: Callable[..., Any]) -> None:
    worker = Worker(evt_1=500, evt_2=400, evt_3=900)
    called = "Called work_once with two events that are due"
    got = worker.works(answer, 600, called)
    expect(got == "handled", f"{called}, returned {got!r}, expected 'handled'.")
    expect(
        worker.handled == ["evt_2"],
        f"{called}: it handled {worker.handled}, expected the one that is due for longest, ['evt_2'].",
    )
    row = worker.row("evt_2")
    expect(
        row == (True, None, 1, None),
        f"{called}: (handled, due_at, attempts, last_error) is {row!r}, "
        "expected (True, None, 1, None).",
    )
    worker.works(answer, 600, called)
    called = "Called work_once when nothing is due yet"
    got = worker.works(answer, 600, called)
    expect(got is None, f"{called}, returned {got!r}, expected None.")


def _check_taken(answer: Callable[..., Any]) -> None:
    worker = Worker(evt_1=500)
    called = "Called work_once"
    seen: list[Any] = []
    worker.works(answer, 600, called, handle=lambda _id: seen.append(worker.row()))
    expect(seen, f"{called}: it did not call handle.")
    due_at = seen[0][1]
    expect(
        due_at == 660,
        f"{called}: while handle runs, other workers see due_at {due_at!r}, expected 660. "
        "Commit before you call handle.",
    )


def _check_killed(answer: Callable[..., Any]) -> None:
    worker = Worker(evt_1=500)
    called = "Called work_once, and the worker was killed in handle"
    got = worker.works(answer, 600, called, die)
    expect(got == "killed", f"{called}: it caught the kill, and returned {got!r}. Let it through.")
    expect(not worker.row()[0], f"{called}: the event says handled, and nobody will do it.")
    called = "Called work_once a minute after the worker was killed"
    got = worker.works(answer, 660, called)
    expect(
        (got, worker.handled) == ("handled", ["evt_1"]),
        f"{called}, returned {got!r}, expected 'handled': the event must come due again.",
    )
    worker = Worker(evt_1=500)
    for killed, now in enumerate((600, 660, 720), start=1):
        got = worker.works(answer, now, called, die)
        expect(
            got == "killed",
            f"Called work_once, try {killed} of 3, a minute after the last one: returned {got!r} "
            "without calling handle.",
        )
    called = "Called work_once after an event has killed three workers"
    got = worker.works(answer, 10_000, called)
    expect(
        got is None,
        f"{called}, returned {got!r}, expected None. Three attempts, counted before handle is called.",
    )
    expect(
        worker.row()[:3] == (False, None, 3),
        f"{called}: (handled, due_at, attempts) is {worker.row()[:3]!r}, expected (False, None, 3).",
    )


def _check_failing(answer: Callable[..., Any]) -> None:
    worker = Worker(evt_1=500)
    for attempt, expected in enumerate(("later", "later", "dead"), start=1):
        called = f"Called work_once, and handle failed, attempt {attempt}"
        got = worker.works(answer, 540 + 60 * attempt, called, fail)
        expect(got == expected, f"{called}, returned {got!r}, expected {expected!r}.")
        due_at = None if expected == "dead" else 600 + 60 * attempt
        wanted = (False, due_at, attempt, "no line to Stripe")
        expect(
            worker.row() == wanted,
            f"{called}: (handled, due_at, attempts, last_error) is {worker.row()!r}, "
            f"expected {wanted!r}.",
        )
    called = "Called work_once after three attempts that failed"
    got = worker.works(answer, 10_000, called)
    expect(got is None, f"{called}, returned {got!r}, expected None: the event is dead.")


RECEIVE = solution_of("receive", __file__)
FULFIL = solution_of("fulfil", __file__)
CARELESS = solution_of("careless_fulfil", __file__).but("def careless_fulfil", "def fulfil")
ASKS_FIRST = CARELESS.but("    send(order_id)\n", "").but(
    "commit()\n", "commit()\n    send(order_id)\n"
)
CATCH_UP = solution_of("catch_up", __file__)
WORK = solution_of("work_once", __file__)

CLAIMED = "if session.execute(mine.values(fulfilled=True)).rowcount == 0:"
SUBTRACTED = "session.execute(taken.values(stock=Item.stock - order.quantity))"
NEXT_TRY = "now + 60 if event.attempts < 3 else None"
TAKEN = "session.commit()\n    try:"

EXERCISES = (
    Exercise(
        "9.1",
        "Keep an event once",
        answer="receive",
        check=check_receive,
        hints=(
            "Insert without asking, and listen to what the database says about it.",
            "A second row with the same key raises IntegrityError at the commit. After that, a session "
            "wants a rollback before it does anything else.",
            "session.add(Event(id=event.id, type=event.type, about=event.data.object.id)); try: "
            "session.commit(); except IntegrityError: session.rollback(). Then return 200.",
        ),
        wrong=(
            Wrong(
                RECEIVE.but("session.rollback()", "raise").but(
                    "    session.add(", "    if not session.get(Event, event.id): session.add("
                ),
                "just before your insert, it raised IntegrityError, expected 200",
            ),
            Wrong(
                RECEIVE.but("session.add(", "session.merge(").but(
                    "object.id)", "object.id, handled=False)"
                ),
                "and was handled: the inbox is [('evt_1', 0)], expected no change",
            ),
            Wrong(
                RECEIVE.but("session.rollback()", "return session.rollback() or 409"),
                "that came before, returned 409, expected 200",
            ),
            Wrong(
                RECEIVE.but("except IntegrityError", "except Exception"),
                "while the database takes no writes, returned 200, and the event is lost",
            ),
            Wrong(
                RECEIVE.but("session.rollback", "session.expunge_all"),
                "after a duplicate, it raised PendingRollbackError",
            ),
            Wrong(
                RECEIVE.but("session.commit", "session.flush"),
                "committed in the inbox is []",
            ),
            Wrong(
                RECEIVE.but("id=event.id", "id=event.data.object.id"),
                "committed in the inbox is [('pi_1'",
            ),
        ),
    ),
    Exercise(
        "9.2",
        "Break it, then fix it: two e-mails for one order",
        answer="fulfil",
        check=check_fulfil,
        hints=(
            "Asking whether it is fulfilled, and saying that it is, have to be one step.",
            "update(Order).where(id, paid, not fulfilled).values(fulfilled=True): its rowcount is 1 for one "
            "caller and 0 for all others. The stock belongs into the same transaction, the e-mail does "
            "not.",
            "mine = update(Order).where(Order.id == order_id, Order.status == 'paid', "
            "Order.fulfilled.is_(False)). If session.execute(mine.values(fulfilled=True)).rowcount == 0: "
            "rollback, return False. Then update(Item)…values(stock=Item.stock - quantity), commit, "
            "send(order_id), return True.",
        ),
        wrong=(
            Wrong(
                CARELESS,
                "send was called before the order was committed as fulfilled",
            ),
            Wrong(
                ASKS_FIRST,
                "at the same moment, by the webhook: 2 calls returned True, expected 1",
            ),
            Wrong(
                FULFIL.but(', Order.status == "paid"', "").but(
                    CLAIMED,
                    "if session.get_one(Order, order_id).status != 'paid': return False\n"
                    f"    {CLAIMED}",
                ),
                "it was fulfilled, returned True, expected False. Ask for the status in the UPDATE",
            ),
            Wrong(
                FULFIL.but(
                    SUBTRACTED, "session.get_one(Item, order.item_id).stock -= order.quantity"
                ),
                "it set the stock to a number of its own",
            ),
            Wrong(
                FULFIL.but("(Order, order_id)", "(Order, order_id, with_for_update=True)").but(
                    SUBTRACTED, "session.get_one(Item, order.item_id).stock -= order.quantity"
                ),
                "it set the stock to a number of its own",
            ),
            Wrong(
                FULFIL.but(".where(Item.id == order.item_id)", ""),
                "it took from an item that was not ordered",
            ),
            Wrong(
                FULFIL.but(', Order.status == "paid"', ""),
                "with an order that is not paid, returned True, expected False",
            ),
            Wrong(
                FULFIL.but(", Order.fulfilled.is_(False)", ""),
                "Called fulfil a second time, returned True, expected False",
            ),
            Wrong(
                FULFIL.but("    order = session", "    session.commit()\n    order = session"),
                "and 0 have left the stock. A power cut here would keep it so",
            ),
            Wrong(
                f"import threading\nLOCK = threading.Lock()\n{ASKS_FIRST.but('def fulfil', 'def unlocked')}\n"
                "def fulfil(session, order_id, send):\n"
                "    with LOCK:\n        return unlocked(session, order_id, send)",
                "one still waits for the other's lock",
            ),
            Wrong(
                FULFIL.but("    send(order_id)\n", ""),
                "it sent 0 e-mails, expected 1",
            ),
            Wrong(
                FULFIL.but(
                    CLAIMED,
                    "item = session.get_one(Item, session.get_one(Order, order_id).item_id)\n"
                    "    left = item.stock\n"
                    f"    {CLAIMED}",
                ).but(SUBTRACTED, "item.stock = left - order.quantity"),
                "it set the stock to a number of its own",
            ),
        ),
        right=(
            FULFIL.but(
                SUBTRACTED,
                "item = session.get_one(Item, order.item_id, with_for_update=True)\n"
                "    item.stock -= order.quantity",
            ),
        ),
    ),
    Exercise(
        "9.3",
        "Read the truth out of shuffled news",
        answer="catch_up",
        check=check_catch_up,
        hints=(
            "The event tells which PaymentIntent to look at. What it says about it may be old.",
            "client.v1.payment_intents.retrieve(event.data.object.id), and "
            "`intent.metadata.to_dict().get('order_id')`, which is None where there is no note.",
            "Not a payment_intent event: None. Retrieve; order_id not in orders: None. 'succeeded' sets "
            "'paid'; 'canceled' sets 'canceled' if the order is not 'paid'. Return orders[order_id].",
        ),
        wrong=(
            Wrong(
                CATCH_UP.but(
                    'intent.status == "canceled" and orders[order_id] != "paid"',
                    "intent.status != 'succeeded'",
                ),
                "is 'canceled', expected 'pending': its card was declined",
            ),
            Wrong(
                CATCH_UP.but(
                    "    return orders",
                    "    else:\n        orders[order_id] = 'pending'\n    return orders",
                ),
                "backwards: A-4 is 'canceled', expected 'paid': its first PaymentIntent",
            ),
            Wrong(
                CATCH_UP.but(
                    "client.v1.payment_intents.retrieve(event.data.object.id)", "event.data.object"
                ),
                "when another card has paid since: A-1 is 'pending', expected 'paid'. Fetch the PaymentIntent",
            ),
            Wrong(
                CATCH_UP.but(' and orders[order_id] != "paid"', ""),
                "backwards: A-4 is 'canceled', expected 'paid': its first PaymentIntent",
            ),
            Wrong(
                CATCH_UP.but(
                    'intent.metadata.to_dict().get("order_id")', "intent.metadata['order_id']"
                ),
                "it raised KeyError: 'order_id'",
            ),
            Wrong(
                CATCH_UP.but('not event.type.startswith("payment_intent.")', "False"),
                "Called catch_up with charge.failed, it raised InvalidRequestError",
            ),
            Wrong(
                CATCH_UP.but('"payment_intent."', '"payment"'),
                "Called catch_up with payment_method.attached, it raised InvalidRequestError",
            ),
            Wrong(
                CATCH_UP.but('== "succeeded"', "in ('succeeded', 'processing')"),
                "A-5 is 'paid', expected 'pending': its bank debit is on its way",
            ),
            Wrong(
                CATCH_UP.but("if order_id not in orders", "if order_id is None"),
                "for 'elsewhere', which is no order of ours, returned 'paid', expected None",
            ),
        ),
    ),
    Exercise(
        "9.4",
        "Survive the death of a worker",
        answer="work_once",
        check=check_work_once,
        hints=(
            "Ask of each line: if the power fails here, what does the next worker find in the database?",
            "The next try is written down before the work begins: attempts and due_at are committed, then "
            "handle is called. `except Exception` does not catch a kill, and that is right.",
            "select(Event).where(Event.due_at <= now).order_by(Event.due_at).limit(1). attempts += 1; due_at "
            "= now + 60 if attempts < 3 else None; commit. try: handle(event.id); except Exception as "
            "error: last_error = str(error); commit; 'dead' if due_at is None else 'later'. Else handled "
            "= True, due_at = None; commit; 'handled'.",
        ),
        wrong=(
            Wrong(
                WORK.but(TAKEN, f"event.handled = True\n    {TAKEN}"),
                "killed in handle: the event says handled, and nobody will do it",
            ),
            Wrong(
                WORK.but(TAKEN, "session.flush()\n    try:"),
                "while handle runs, other workers see due_at 500, expected 660",
            ),
            Wrong(
                WORK.but("except Exception", "except BaseException"),
                "it caught the kill, and returned 'later'",
            ),
            Wrong(
                WORK.but("event.last_error = str(error)", "event.handled = True"),
                "handle failed, attempt 1: (handled, due_at, attempts, last_error) is (True",
            ),
            Wrong(
                WORK.but(NEXT_TRY, "now + 60"),
                "has killed three workers, returned 'handled', expected None",
            ),
            Wrong(
                WORK.but("now + 60 ", "now + 60 * event.attempts "),
                "try 3 of 3, a minute after the last one: returned None without calling handle",
            ),
            Wrong(
                WORK.but(NEXT_TRY, "None"),
                "other workers see due_at None, expected 660",
            ),
            Wrong(
                WORK.but("order_by(Event.due_at)", "order_by(Event.id)"),
                "expected the one that is due for longest, ['evt_2']",
            ),
            Wrong(
                WORK.but("except Exception", "except ValueError"),
                "it raised OSError('no line to Stripe'), expected it to be noted",
            ),
        ),
    ),
)
