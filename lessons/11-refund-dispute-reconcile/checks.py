"""Checks for chapter 11: a refund clicked twice, its news, a dispute, missed news, and a report."""

import json
import random
from collections.abc import Callable
from typing import Any

import stripe
from sqlalchemy import text
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from classroom.exercise import Exercise, Mistake, Wrong, expect, solution_of
from classroom.practice import Practice, shared_database
from local_stripe import SECRET_KEY
from local_stripe.transport import InProcess

DAY = 24 * 60 * 60  # seconds


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    payment: Mapped[str]
    amount: Mapped[int]


class Refund(Base):
    __tablename__ = "refunds"
    id: Mapped[str] = mapped_column(primary_key=True)
    order_id: Mapped[int]
    amount: Mapped[int]
    form: Mapped[str] = mapped_column(unique=True)
    stripe_id: Mapped[str | None]


def pay(client: stripe.StripeClient, amount: int = 3900, card: str = "visa", **more: Any) -> str:
    """A payment by this test card; gives the PaymentIntent's id."""
    params = {
        "amount": amount,
        "currency": "usd",
        "payment_method": f"pm_card_{card}",
        "confirm": True,
        "allowed_payment_method_types": ["card"],
    }
    return client.v1.payment_intents.create({**params, **more}).id  # type: ignore[typeddict-item]  # a test card's own


class Till:
    """A database with two orders over 39.00, both paid, at a Stripe of its own."""

    def __init__(self) -> None:
        self.engine = shared_database(Base)
        self.bench = Practice()
        self.payments = [pay(self.bench.client) for _ in range(2)]
        with Session(self.engine) as session:
            session.add_all(
                Order(id=id, payment=payment, amount=3900)
                for id, payment in enumerate(self.payments, start=1)
            )
            session.commit()

    def call(
        self,
        answer: Callable[..., Any],
        amount: int,
        form: str,
        order_id: int = 1,
        client: stripe.StripeClient | None = None,
    ) -> Any:
        """One click, in a process of its own."""
        with Session(self.engine) as session:
            return answer(session, client or self.bench.client, order_id, amount, form)

    def given(self, order_id: int = 1) -> list[int]:
        """The amounts that Stripe gave back, the oldest first."""
        found = self.bench.client.v1.refunds.list({"payment_intent": self.payments[order_id - 1]})
        return [refund.amount for refund in reversed(found.data)]

    def rows(self) -> list[Any]:
        """What is committed, as another process sees it."""
        with self.engine.connect() as connection:
            found = connection.execute(text("SELECT id, amount, form, stripe_id FROM refunds"))
            return [tuple(row) for row in found]


def check_refund(answer: Callable[..., Any]) -> None:
    _check_clicks(answer)
    _check_row_first(answer)
    _check_lost_answer(answer)
    _check_key(answer)
    _check_what_is_left(answer)


def _check_clicks(answer: Callable[..., Any]) -> None:
    till = Till()
    called = "Called refund for 10.00 of an order over 39.00"
    first = till.call(answer, 1000, "form-1")
    expect(till.given() == [1000], f"{called}: Stripe gave back {till.given()}, expected [1000].")
    expect(
        not isinstance(first, stripe.StripeObject),
        f"{called}, returned the whole refund, expected its id.",
    )
    made = till.bench.client.v1.refunds.list().data[0].id
    expect(first == made, f"{called}, returned {first!r}, expected the id of Stripe's refund.")
    kept = [row[1:] for row in till.rows()]
    expect(
        kept == [(1000, "form-1", made)],
        f"{called}: committed as (amount, form, stripe_id) is {kept!r}, "
        f"expected {[(1000, 'form-1', made)]!r}.",
    )
    _click_again(answer, till, first, "Called refund with the same form again", [1000])
    called = "Called refund with another form, for the same amount"
    till.call(answer, 1000, "form-2")
    expect(
        till.given() == [1000, 1000],
        f"{called}: Stripe gave back {till.given()}, expected [1000, 1000]. They are two refunds.",
    )
    till.bench.local.advance(2 * DAY)
    called = "Called refund with the same form again, two days later"
    _click_again(answer, till, first, called, [1000, 1000])


def _click_again(
    answer: Callable[..., Any], till: Till, first: Any, called: str, given: list[int]
) -> None:
    again = till.call(answer, 1000, "form-1")
    expect(
        till.given() == given,
        f"{called}: Stripe gave back {till.given()}, expected {given}. What has a stripe_id is done.",
    )
    expect(again == first, f"{called}, returned {again!r}, expected {first!r}.")


def _check_lost_answer(answer: Callable[..., Any]) -> None:
    till = Till()
    till.bench.local.faults.inject("lost_response", "/v1/refunds", "POST")
    called = "Called refund, and Stripe's answer got lost"
    try:
        got = till.call(answer, 1000, "form-1")
    except stripe.APIConnectionError:
        pass
    else:
        raise Mistake(f"{called}, returned {got!r}, expected the exception to come through.")
    _refused(answer, till, 3000, f"{called}; then called it for 30.00, with 10.00 on their way")
    got = till.call(answer, 1000, "form-1")
    called = f"{called}; then called it with the same form"
    expect(
        till.given() == [1000],
        f"{called}: Stripe gave back {till.given()}, expected [1000]. It wants the same key.",
    )
    made = till.bench.client.v1.refunds.list().data[0].id
    expect(got == made, f"{called}, returned {got!r}, expected the id of Stripe's refund.")
    kept = [row[3] for row in till.rows()]
    expect(kept == [made], f"{called}: the stripe_ids are {kept!r}, expected {[made]!r}.")


class Watched(InProcess):
    """Notes what is committed, and with which key, when Stripe is asked for a refund."""

    def __init__(self, till: Till) -> None:
        super().__init__(till.bench.local)
        self.till = till
        self.seen: list[Any] = []

    def request(self, method: str, url: str, headers: Any, *args: Any, **more: Any) -> Any:
        if method == "post":
            self.seen.append((self.till.rows(), headers.get("Idempotency-Key")))
        return super().request(method, url, headers, *args, **more)


def _check_row_first(answer: Callable[..., Any]) -> None:
    rows, _key = _when_stripe_is_asked(answer)
    found = [row[1:] for row in rows]
    expect(
        [row[:2] for row in found] == [(1000, "form-1")],
        f"Called refund: when Stripe is asked, committed in the table is {found!r}, expected the row. "
        "A power cut now, and nobody knows of this refund.",
    )


def _check_key(answer: Callable[..., Any]) -> None:
    rows, key = _when_stripe_is_asked(answer)
    expect(
        key == rows[0][0],
        f"Called refund: the idempotency key is {key!r}, expected the row's id.",
    )


def _when_stripe_is_asked(answer: Callable[..., Any]) -> Any:
    """The rows that are committed then, and the key."""
    till = Till()
    line = Watched(till)
    till.call(answer, 1000, "form-1", client=stripe.StripeClient(SECRET_KEY, http_client=line))
    return line.seen[0]


def _check_what_is_left(answer: Callable[..., Any]) -> None:
    till = Till()
    till.call(answer, 2000, "form-1", order_id=2)
    called = "Called refund for 20.00, after another order got as much"
    _taken(answer, till, 2000, "form-2", called)
    for amount in (1901, 0, -5):
        _refused(
            answer, till, amount, f"Called refund for {amount} cents, where 1900 of 3900 are left"
        )
    called = "Called refund for all that is left, 1900 cents"
    _taken(answer, till, 1900, "form-4", called)
    _taken(answer, till, 1900, "form-4", f"{called}; then called it with the same form")
    expect(till.given() == [2000, 1900], f"Called refund twice: Stripe gave back {till.given()}.")


def _taken(answer: Callable[..., Any], till: Till, amount: int, form: str, called: str) -> None:
    try:
        till.call(answer, amount, form)
    except ValueError as error:
        raise Mistake(f"{called}, it raised ValueError: {error}") from None


def _refused(answer: Callable[..., Any], till: Till, amount: int, called: str) -> None:
    till.bench.local.log.clear()
    before = till.rows()
    try:
        got = till.call(answer, amount, "form-3")
    except ValueError:
        pass
    except stripe.StripeError as error:
        raise Mistake(
            f"{called}, it raised {type(error).__name__}, expected a ValueError before Stripe is asked."
        ) from None
    else:
        raise Mistake(f"{called}, returned {got!r}, expected a ValueError.")
    expect(not till.bench.sent("POST"), f"{called}: it asked Stripe first.")
    expect(till.rows() == before, f"{called}: it left a row behind.")


class News:
    """A Stripe of its own, on which money of these orders went back."""

    def __init__(self) -> None:
        self.bench = Practice()
        self.paid("A-1", 1000)
        self.paid("A-2", 1000, 2900)
        self.paid("A-3", 3900, card="refundFail")
        self.paid("A-4", 3900, card="pendingRefund", wait=False)
        self.paid("A-5", *[100] * 12)
        self.paid("A-6")
        self.canceled("A-7")
        self.paid(None, 3900)
        self.paid("elsewhere", 3900)
        newest = self.bench.client.v1.events.list({"limit": 100})
        self.events = list(newest.auto_paging_iter())[::-1]

    def paid(self, order: str | None, *back: int, card: str = "visa", wait: bool = True) -> None:
        noted: Any = {"metadata": {"order_id": order}} if order else {}
        payment = pay(self.bench.client, card=card, **noted)
        for amount in back:
            self.bench.client.v1.refunds.create({"payment_intent": payment, "amount": amount})
        if wait and card != "visa":
            self.bench.local.advance(6 * DAY)

    def canceled(self, order: str) -> None:
        """A refund that was called off: the local Stripe itself has none of those."""
        self.paid(order, 3900)
        store = self.bench.local.store
        newest = self.bench.client.v1.refunds.list({"limit": 1}).data[0]
        charge = store.require("charge", str(newest.charge))
        store.put({**store.require("refund", newest.id), "status": "canceled"})
        store.put({**charge, "amount_refunded": 0, "refunded": False})
        store.commit()


# What each order of `News` is in the end: refunded, status, and why.
TRUTH = {
    "A-1": (1000, "paid", "a part went back"),
    "A-2": (3900, "refunded", "it went back in two parts"),
    "A-3": (0, "paid", "its refund failed days later"),
    "A-4": (3900, "refunded", "its refund is pending, and counts"),
    "A-5": (1200, "paid", "it has twelve refunds, and a page of Stripe's list holds ten"),
    "A-6": (0, "paid", "nothing went back"),
    "A-7": (0, "paid", "its refund was canceled"),
}


def check_hear(answer: Callable[..., Any]) -> None:
    news, chance = News(), random.Random(11)
    ways = {
        "in order": news.events,
        "backwards": news.events[::-1],
        "shuffled, and twice": chance.sample(news.events * 2, len(news.events) * 2),
    }
    for way, events in ways.items():
        orders: dict[str, Any] = {
            order_id: {"amount": 3900, "refunded": 0, "status": "paid"} for order_id in TRUTH
        }
        for told in events:
            _hear(answer, news.bench, orders, told)
        for order_id, (refunded, status, reason) in TRUTH.items():
            got = orders[order_id]["refunded"], orders[order_id]["status"]
            expect(
                got == (refunded, status),
                f"Called hear with all events {way}: {order_id} is {got!r}, "
                f"expected {(refunded, status)!r}: {reason}.",
            )
        expect(
            orders.keys() == TRUTH.keys(),
            f"Called hear with all events {way}: orders has {sorted(map(str, orders))}, "
            "and some of them are no orders of this shop.",
        )


def _hear(answer: Callable[..., Any], bench: Practice, orders: dict[str, Any], told: Any) -> None:
    bench.local.log.clear()
    called = f"Called hear with {told.type}"
    try:
        got = answer(bench.client, orders, told)
    except (KeyError, AttributeError) as error:
        if error.args[0] not in ("order_id", "elsewhere", None):
            raise
        raise Mistake(
            f"{called}, it raised {type(error).__name__}: {error}. "
            "Not every payment is for one of `orders`."
        ) from None
    except stripe.StripeError as error:
        raise Mistake(f"{called}, it raised {type(error).__name__}: {error}.") from None
    sent = bench.sent()
    ours = told.type.startswith(("charge.refund", "refund."))
    expect(ours or not sent, f"{called}: it asked Stripe. This event tells of no refund.")
    expect(
        all(call.method == "GET" for call in sent),
        f"{called}: it sent a POST to Stripe. Only look.",
    )
    if not ours:
        expect(got is None, f"{called}, returned {got!r}, expected None.")
        return
    intent = bench.client.v1.payment_intents.retrieve(told.data.object.payment_intent)
    order_id = intent.metadata.to_dict().get("order_id")
    _refunded, expected, reason = TRUTH.get(order_id or "", (0, None, "this is no order of ours"))
    expect(
        got == expected,
        f"{called} for {order_id}, returned {got!r}, expected {expected!r}: {reason}.",
    )


EVIDENCE = {
    "shipping_carrier": "UPS",
    "shipping_tracking_number": "1Z 999",
    "customer_name": "",
}
FILLED = {f"evidence[{name}]" for name, text_ in EVIDENCE.items() if text_}


class Complaint:
    """A Stripe of its own, with one payment by a card whose owner objects."""

    def __init__(self, card: str = "createDispute") -> None:
        self.bench = Practice()
        customer = self.bench.client.v1.customers.create({"name": "Ann Lee"}).id
        self.payment = pay(self.bench.client, card=card, customer=customer)

    @property
    def disputes(self) -> list[stripe.Dispute]:
        return self.bench.client.v1.disputes.list({"payment_intent": self.payment}).data

    def decide(self, *texts: str) -> None:
        """Have the bank read one of these texts about each of the disputes."""
        for dispute, said in zip(self.disputes, texts, strict=False):
            self.bench.client.v1.disputes.update(
                dispute.id, {"evidence": {"uncategorized_text": said}}
            )
        self.bench.local.advance(60)

    def call(
        self,
        answer: Callable[..., Any],
        called: str,
        expected: str,
        evidence: dict[str, str] = EVIDENCE,
        now: int | None = None,
    ) -> list[set[str]]:
        """The names of what was sent with each write."""
        self.bench.local.log.clear()
        moment = self.bench.local.clock.now() if now is None else now
        try:
            got = answer(self.bench.client, self.payment, dict(evidence), moment)
        except (IndexError, stripe.StripeError) as error:
            raise Mistake(f"{called}, it raised {type(error).__name__}: {error}") from None
        expect(got == expected, f"{called}, returned {got!r}, expected {expected!r}.")
        return [set(call.params) - {"submit"} for call in self.bench.sent("POST")]


def check_follow(answer: Callable[..., Any]) -> None:
    plain = Complaint("visa")
    wrote = plain.call(answer, "Called follow for a payment that nobody disputes", "send")
    expect(not wrote, "Called follow for a payment that nobody disputes: it sent a POST to Stripe.")
    _check_answered(answer, "createDispute", "a dispute")
    _check_answered(answer, "createDisputeInquiry", "an inquiry")
    _check_deadline(answer)
    _check_verdicts(answer)
    _check_several(answer)


def _check_answered(answer: Callable[..., Any], card: str, what: str) -> None:
    case = Complaint(card)
    called = f"Called follow for {what} without any text that is not empty"
    wrote = case.call(answer, called, "hold", evidence={"customer_name": ""})
    expect(not wrote, f"{called}: it submitted nothing, and has used up the only chance.")
    called = f"Called follow for {what}"
    wrote = case.call(answer, called, "hold")
    expect(
        wrote == [FILLED],
        f"{called}: it wrote to Stripe {len(wrote)} times, with {_listed(wrote)}; expected once, with "
        f"{_listed([FILLED])}.",
    )
    (dispute,) = case.disputes
    sent = dispute.evidence_details.submission_count
    expect(
        sent == 1,
        f"{called}: the bank got evidence {sent} times, expected once. Staged is not submitted.",
    )
    name = dispute.evidence.customer_name
    expect(
        name == "Ann Lee",
        f"{called}: the customer's name is {name!r} now. Stripe had filled in 'Ann Lee', and an empty "
        "text erases it.",
    )
    called = f"Called follow for {what} that is under review"
    wrote = case.call(answer, called, "hold")
    expect(not wrote, f"{called}: it sent a POST to Stripe.")


def _listed(wrote: list[set[str]]) -> str:
    return ", ".join(sorted(name for names in wrote for name in names)) or "nothing"


def _check_deadline(answer: Callable[..., Any]) -> None:
    case = Complaint()
    due_by = case.disputes[0].evidence_details.due_by or 0
    called = "Called follow a second after the deadline"
    wrote = case.call(answer, called, "hold", now=due_by + 1)
    expect(not wrote, f"{called}: it submitted evidence. It is too late.")
    called = "Called follow in the last second before the deadline"
    wrote = case.call(answer, called, "hold", now=due_by)
    expect(len(wrote) == 1, f"{called}: it submitted nothing. It is still in time.")


def _check_verdicts(answer: Callable[..., Any]) -> None:
    for text_, card, status, expected in (
        ("winning_evidence", "createDispute", "won", "send"),
        ("losing_evidence", "createDispute", "lost", "keep"),
        ("winning_evidence", "createDisputeInquiry", "warning_closed", "send"),
    ):
        case = Complaint(card)
        case.decide(text_)
        wrote = case.call(answer, f"Called follow for a dispute that is {status}", expected)
        expect(
            not wrote, f"Called follow for a dispute that is {status}: it sent a POST to Stripe."
        )
    case, status = Complaint(), "appeal_under_review"
    (dispute,) = case.disputes
    appealed = {**case.bench.local.store.require("dispute", dispute.id), "status": status}
    case.bench.local.store.put(appealed)
    case.bench.local.store.commit()
    case.call(answer, f"Called follow for a dispute that is {status}, which is in no row", "hold")


def _check_several(answer: Callable[..., Any]) -> None:
    case = Complaint("createMultipleDisputes")
    called = "Called follow for a payment with two disputes"
    wrote = case.call(answer, called, "hold")
    expect(len(wrote) == 2, f"{called}: it answered {len(wrote)} of them, expected both.")
    case = Complaint("createMultipleDisputes")
    case.decide("losing_evidence")
    wrote = case.call(answer, f"{called}, one lost and one open", "keep")
    expect(len(wrote) == 1, f"{called}, one lost and one open: it left the open one unanswered.")
    for texts, then, expected in (
        (("winning_evidence", "losing_evidence"), "one won and one lost", "keep"),
        (("winning_evidence",), "one won and one open", "hold"),
        (("winning_evidence", "winning_evidence"), "both won", "send"),
    ):
        case = Complaint("createMultipleDisputes")
        case.decide(*texts)
        case.call(answer, f"{called}, {then}", expected, evidence={})


class Moved:
    """A Stripe of its own: what happened before a day, and on that day."""

    def __init__(self, payments: int = 2) -> None:
        self.bench = Practice()
        self.happen()
        self.bench.local.advance(DAY)
        self.since = self.bench.local.clock.now()
        self.happen()
        self.bench.local.advance(60)
        self.happen(payments)

    def happen(self, payments: int = 1) -> None:
        client = self.bench.client
        client.v1.customers.create({"name": "Ann"})
        paid = [pay(client) for _ in range(payments)]
        client.v1.refunds.create({"payment_intent": paid[0], "amount": 100})
        pay(client, card="createDispute")

    def wanted(self) -> list[str]:
        """The ids of all events that matter, the oldest first."""
        types = ["payment_intent.succeeded", "refund.created", "charge.dispute.created"]
        found = self.bench.client.v1.events.list(
            {"created": {"gte": self.since}, "types": types, "limit": 100}
        )
        return [event.id for event in found.auto_paging_iter()][::-1]

    def call(
        self, answer: Callable[..., Any], called: str, inbox: set[str], handle: Any, want: list[str]
    ) -> None:
        known = set(inbox)
        try:
            got = answer(self.bench.client, inbox, handle, self.since)
        except OSError as error:
            raise Mistake(f"{called}, it raised {error!r}. Go on with the next event.") from None
        expect(isinstance(got, list), f"{called}, returned {got!r}, expected a list of ids.")
        expect(
            all(isinstance(id, str) for id in got),
            f"{called}, returned whole events, expected their ids.",
        )
        if len(got) > 1 and got == want[::-1]:
            raise Mistake(
                f"{called}: it handled the newest event first, expected the oldest first."
            )
        if got != want and sorted(got) == sorted(want):
            raise Mistake(
                f"{called}: it did not handle the oldest events first. `created` counts seconds: within "
                "one, Stripe's list tells the order."
            )
        told = (
            f"It left out {self._about(id, known)}."
            if id in want
            else f"It need not handle {self._about(id, known)}."
            for id in [*want, *got]
            if (id in want) != (id in got)
        )
        expect(
            got == want,
            f"{called}, returned {len(got)} events, expected {len(want)}. {next(told, '')}",
        )

    def _about(self, id: str, known: set[str]) -> str:
        event = self.bench.client.v1.events.retrieve(id)
        if id in known:
            return f"{event.type}, which is in the inbox"
        when = {-1: "before", 0: "in the very second of", 1: "after"}
        place = (event.created > self.since) - (event.created < self.since)
        return f"{event.type}, which was created {when[place]} `since`"


class Killed(BaseException):
    """What ends a program: no `Exception`."""


def check_catch_up(answer: Callable[..., Any]) -> None:
    moved = Moved()
    wanted = moved.wanted()
    heard, missed = wanted[::3], [id for n, id in enumerate(wanted) if n % 3]
    inbox, handled = set(heard), []
    moved.bench.local.log.clear()
    called = f"Called catch_up, with {len(heard)} of {len(wanted)} events in the inbox"
    moved.call(answer, called, inbox, lambda event: handled.append(event.id), missed)
    expect(
        any(
            {"created[gte]", "created[gt]"} & call.params.keys()
            for call in moved.bench.sent("GET", "/v1/events")
        ),
        f"{called}: it did not ask Stripe for what was created at `since` or later.",
    )
    expect(
        handled == missed,
        f"{called}: it called handle {len(handled)} times, expected {len(missed)}.",
    )
    expect(
        inbox == set(wanted), f"{called}: the inbox has {len(inbox)} ids, expected {len(wanted)}."
    )
    called = "Called catch_up a second time"
    moved.call(answer, called, inbox, lambda event: handled.append(event.id), [])
    expect(handled == missed, f"{called}: it handled events again.")
    _check_stumbles(answer)
    _check_dies(answer)
    _check_pages(answer)


def _check_stumbles(answer: Callable[..., Any]) -> None:
    moved = Moved()
    wanted = moved.wanted()

    def stumble(event: Any) -> None:
        if event.id == wanted[1]:
            raise OSError("no database")

    called, inbox = "Called catch_up, and handle raised an OSError for one event", set[str]()
    moved.call(answer, called, inbox, stumble, wanted[:1] + wanted[2:])
    expect(
        wanted[1] not in inbox,
        f"{called}: that event is in the inbox, and nobody will try it again.",
    )
    called = f"{called}; then called it again"
    moved.call(answer, called, inbox, lambda _event: None, [wanted[1]])


def _check_dies(answer: Callable[..., Any]) -> None:
    moved, inbox = Moved(), set[str]()
    called = "Called catch_up, and the program was killed in handle"

    def die(_event: Any) -> None:
        raise Killed

    try:
        answer(moved.bench.client, inbox, die, moved.since)
    except Killed:
        expect(not inbox, f"{called}: the event is in the inbox, and nobody will try it again.")
        return
    raise Mistake(f"{called}: it caught the kill. `except Exception` lets it through.")


def _check_pages(answer: Callable[..., Any]) -> None:
    moved = Moved(payments=120)
    called = "Called catch_up with more events than Stripe's list has on one page"
    moved.call(answer, called, set(), lambda _event: None, moved.wanted())


class Generous(InProcess):
    """Says that there are 500 cents more than there are."""

    def request(self, method: str, url: str, *args: Any, **more: Any) -> Any:
        body, status, headers = super().request(method, url, *args, **more)
        if not url.endswith("/v1/balance"):
            return body, status, headers
        balance = json.loads(body)
        for fund in balance["available"]:
            fund["amount"] += 500 * (fund["currency"] == "usd")
        return json.dumps(balance), status, headers


class Books:
    """A Stripe of its own with a year's worth of trouble, and the orders of a shop."""

    def __init__(self) -> None:
        self.bench = Practice()
        self.local = self.bench.local
        client = self.bench.client
        self.paid("A-1")
        back = self.paid("A-2")
        client.v1.refunds.create({"payment_intent": back, "amount": 1000})
        failing = self.paid("A-3", card="refundFail")
        client.v1.refunds.create({"payment_intent": failing})
        self.paid("A-4", card="createDispute")
        (dispute,) = client.v1.disputes.list().data
        client.v1.disputes.update(
            dispute.id, {"evidence": {"uncategorized_text": "winning_evidence"}}
        )
        self.paid("A-5", card="createDispute")
        self.paid("A-6", currency="eur")
        self.local.advance(9 * DAY)
        self.strangers = sorted(
            [self.paid("B-7"), *(pay(client, currency="eur") for _ in range(4))]
        )
        for amount in range(101):
            self.paid("A-1", amount=100 + amount)
        self.paid("A-2", card=None)
        self.paid("A-8", card=None)
        self.paid("A-10")
        self.pay_out(2500)
        self.orders = dict.fromkeys(("A-1", "A-2", "A-3", "A-4", "A-5", "A-6"), "paid")
        self.orders |= {"A-8": "paid", "A-7": "paid", "A-9": "pending", "A-10": "pending"}

    def paid(self, order: str | None, *, card: str | None = "visa", **more: Any) -> str:
        """A payment for an order, or with no card one that nobody has made."""
        noted: Any = {"metadata": {"order_id": order}} if order else {}
        if card:
            return pay(self.bench.client, card=card, **noted, **more)
        return self.bench.client.v1.payment_intents.create(
            {"amount": 3900, "currency": "usd", **noted}
        ).id

    def pay_out(self, amount: int) -> None:
        """Enter money that went to the shop's own bank: the local Stripe itself has no payouts."""
        newest = self.bench.client.v1.balance_transactions.list({"currency": "usd", "limit": 1})
        sample = self.local.store.require("balance_transaction", newest.data[0].id)
        moved = {"amount": -amount, "fee": 0, "fee_details": [], "net": -amount}
        named = {"id": "txn_payout", "source": "po_1", "type": "payout"}
        self.local.store.put({**sample, **moved, **named, "reporting_category": "payout"})
        self.local.store.commit()

    def truth(self, currency: str) -> dict[str, Any]:
        """What a report has to say, from the ledger itself."""
        rows = list(self.local.store.select("balance_transaction", currency=currency))
        types = sorted({row["type"] for row in rows})
        return {
            "by_type": {t: sum(r["amount"] for r in rows if r["type"] == t) for t in types},
            "fees": sum(row["fee"] for row in rows),
            "balance": sum(row["net"] for row in rows),
            "unexplained": 0,
            "strangers": self.strangers,
            "unpaid": ["A-7", "A-8"],
        }


REASONS = {
    "balance": "`available` and `pending`, of this currency",
    "strangers": "sorted; they succeeded, for no order in `orders`, whatever its status",
    "unpaid": "sorted; these are paid, says the shop, and no money came",
}


def check_report(answer: Callable[..., Any]) -> None:
    books = Books()
    for currency in ("usd", "eur", "gbp"):
        called = f"Called report for {currency!r}"
        _compare(
            called, answer(books.bench.client, dict(books.orders), currency), books.truth(currency)
        )
    called = "Called report when the balance is 500 cents more than its entries"
    generous = stripe.StripeClient(SECRET_KEY, http_client=Generous(books.local))
    got = answer(generous, dict(books.orders), "usd")
    expected = books.truth("usd")
    more = {"balance": expected["balance"] + 500, "unexplained": 500}
    _compare(called, got, expected | more)


def _compare(called: str, got: Any, expected: dict[str, Any]) -> None:
    names = sorted(got) if isinstance(got, dict) else repr(got)
    expect(names == sorted(expected), f"{called}, returned {names}, expected {sorted(expected)}.")
    by_type = got["by_type"]
    for type_, value in expected["by_type"].items():
        expect(
            type_ in by_type, f"{called}: 'by_type' has no {type_!r}, of which there is {value}."
        )
        there = by_type[type_]
        expect(there == value, f"{called}: {type_!r} is {there!r}, expected {value!r}.")
    for name, value in expected.items():
        reason = f": {REASONS[name]}" if name in REASONS else ""
        expect(
            got[name] == value,
            f"{called}: {name!r} is {_short(got[name])}, expected {_short(value)}{reason}.",
        )


def _short(value: Any) -> str:
    """A value for people: of a long list, how long."""
    return f"{len(value)} ids" if isinstance(value, list) and len(value) > 5 else repr(value)


REFUND = solution_of("refund", __file__)
HEAR = solution_of("hear", __file__)
FOLLOW = solution_of("follow", __file__)
CATCH_UP = solution_of("catch_up", __file__)
REPORT = solution_of("report", __file__)

OWN_ROWS = "Refund.order_id == order_id"
ABOUT_REFUNDS = 'not event.type.startswith(("charge.refund", "refund."))'
LIVE = 'if refund.status not in {"failed", "canceled"}'
SUM = f"""\
sum(
        refund.amount
        for refund in refunds.auto_paging_iter()
        {LIVE}
    )\
"""
NOTED = 'intent.metadata.to_dict().get("order_id")'
WAITING = '{"needs_response", "warning_needs_response"}'
VERDICT = """\
if "lost" in statuses:
        return "keep"
    return "send" if statuses <= {"won", "warning_closed"} else "hold"\
"""
WANTED_SINCE = '{"created": {"gte": since}, "types": WANTED, "limit": 100}'

ROW_AFTERWARDS = """
def refund(session, client, order_id, amount, form):
    row = session.scalar(select(Refund).where(Refund.form == form))
    if row is None:
        order = session.get_one(Order, order_id)
        given = client.v1.refunds.create(
            params={"payment_intent": order.payment, "amount": amount},
            options={"idempotency_key": form},
        )
        row = Refund(order_id=order_id, amount=amount, form=form, stripe_id=given.id)
        session.add(row)
        session.commit()
    return row.stripe_id
"""

REFUND_TRIED = """
from sqlalchemy.exc import IntegrityError

def refund(session, client, order_id, amount, form):
    order = session.get_one(Order, order_id)
    rows = session.scalars(select(Refund).where(Refund.order_id == order_id)).all()
    known = [row for row in rows if row.form == form]
    if not known and not 0 < amount <= order.amount - sum(row.amount for row in rows):
        raise ValueError(amount)
    row = known[0] if known else Refund(order_id=order_id, amount=amount, form=form)
    session.add(row)
    try:
        session.commit()
    except IntegrityError:
        session.rollback()
        return refund(session, client, order_id, amount, form)
    if not row.stripe_id:
        params = {"payment_intent": order.payment, "amount": row.amount}
        made = client.v1.refunds.create(params, {"idempotency_key": row.id})
        row.stripe_id = made.id
        session.commit()
    return row.stripe_id
"""
HEAR_OF_THE_CHARGE = """
def hear(client, orders, event):
    told = {"charge.refunded", "charge.refund.updated", "refund.created", "refund.updated"}
    if event.type not in told | {"refund.failed"}:
        return None
    expanded = {"expand": ["latest_charge"]}
    intent = client.v1.payment_intents.retrieve(event.data.object.payment_intent, expanded)
    order_id = intent.metadata["order_id"] if "order_id" in intent.metadata else None
    if order_id not in orders:
        return None
    back = intent.latest_charge.amount_refunded
    status = "refunded" if back >= orders[order_id]["amount"] else "paid"
    orders[order_id] |= {"refunded": back, "status": status}
    return status
"""
FOLLOW_ONE_BY_ONE = """
def follow(client, payment, evidence, now):
    words = []
    told = {name: text for name, text in evidence.items() if text.strip()}
    found = client.v1.disputes.list({"payment_intent": payment, "limit": 100})
    for dispute in found.auto_paging_iter():
        in_time = dispute.evidence_details.due_by >= now
        if dispute.status.endswith("needs_response") and in_time and told:
            dispute = client.v1.disputes.update(dispute.id, {"evidence": told})
        match dispute.status:
            case "lost":
                words.append("keep")
            case "won" | "warning_closed":
                words.append("send")
            case _:
                words.append("hold")
    return min(words, key=["keep", "hold", "send"].index, default="send")
"""
CATCH_BY_PAGES = """
def catch_up(client, inbox, handle, since):
    events, last = [], {}
    while True:
        wanted = {"created": {"gte": since}, "types": WANTED, "limit": 50}
        page = client.v1.events.list({**wanted, **last})
        events = [*reversed(page.data), *events]
        if not page.has_more:
            break
        last = {"starting_after": page.data[-1].id}
    handled = []
    for event in (event for event in events if event.id not in inbox):
        try:
            handle(event)
        except Exception:
            pass
        else:
            inbox |= {event.id}
            handled += [event.id]
    return handled
"""
REPORT_BY_FILTER = """
from collections import Counter

def report(client, orders, currency):
    types, fees, paid = Counter(), 0, {}
    for entry in client.v1.balance_transactions.list({"limit": 100}).auto_paging_iter():
        if entry.currency == currency:
            types.update({entry.type: entry.amount})
            fees += entry.fee
    balance = client.v1.balance.retrieve().to_dict()
    funds = balance["available"] + balance["pending"]
    have = sum(fund["amount"] for fund in funds if fund["currency"] == currency)
    for intent in client.v1.payment_intents.list({"limit": 100}).auto_paging_iter():
        if intent.status == "succeeded":
            noted = intent.metadata
            paid[intent.id] = noted["order_id"] if "order_id" in noted else ""
    return {
        "balance": have,
        "by_type": types,
        "fees": fees,
        "unexplained": have - (types.total() - fees),
        "strangers": sorted(id for id in paid if paid[id] not in orders),
        "unpaid": sorted(
            id for id in orders if orders[id] == "paid" and id not in paid.values()
        ),
    }
"""

EXERCISES = (
    Exercise(
        "11.1",
        "Break it, then fix it: clicked twice",
        answer="refund",
        check=check_refund,
        right=(REFUND_TRIED,),
        hints=(
            "What makes two requests the same? Not the order, and not the amount: the form.",
            "Look for a row with this form. None there: check what is left, add a row, commit. Then, if the "
            "row has no stripe_id, ask Stripe with the row's id as the key, and store what it says.",
            "given = select(func.coalesce(func.sum(Refund.amount), 0)).where(Refund.order_id == "
            "order_id); left = order.amount - session.scalar(given). After the commit: "
            "client.v1.refunds.create(params={…}, options={'idempotency_key': row.id}).",
        ),
        wrong=(
            Wrong(
                "def refund(session, client, order_id, amount, form):\n"
                "    payment = session.get_one(Order, order_id).payment\n"
                "    asked = {'payment_intent': payment, 'amount': amount}\n"
                "    return client.v1.refunds.create(params=asked).id\n",
                "committed as (amount, form, stripe_id) is []",
            ),
            Wrong(ROW_AFTERWARDS, "committed in the table is [], expected the row. A power cut"),
            Wrong(
                REFUND.but(
                    '"idempotency_key": row.id',
                    "\"idempotency_key\": f'refund-{order_id}-{amount}'",
                ),
                "for the same amount: Stripe gave back [1000], expected [1000, 1000]",
            ),
            Wrong(
                REFUND.but('"idempotency_key": row.id', '"idempotency_key": str(uuid.uuid4())'),
                "with the same form: Stripe gave back [1000, 1000], expected [1000]. It wants the same",
            ),
            Wrong(
                REFUND.but('"idempotency_key": row.id', '"idempotency_key": form'),
                "the idempotency key is 'form-1', expected the row's id",
            ),
            Wrong(
                REFUND.but(
                    "add(row)\n        session.commit()", "add(row)\n        session.flush()"
                ).but("        session.commit()\n        row.stripe_id", "        row.stripe_id"),
                "committed in the table is [], expected the row",
            ),
            Wrong(
                REFUND.but("row.stripe_id is None", "True"),
                "two days later: Stripe gave back [1000, 1000, 1000], expected",
            ),
            Wrong(
                REFUND.but(
                    "    if row is None:",
                    "    if row is not None:\n        return row.stripe_id\n    else:",
                ),
                "then called it with the same form, returned None, expected the id",
            ),
            Wrong(
                REFUND.but(OWN_ROWS, "Refund.order_id == order_id, Refund.stripe_id.is_not(None)"),
                "with 10.00 on their way, it raised InvalidRequestError, expected a ValueError",
            ),
            Wrong(
                REFUND.but(OWN_ROWS, "True"),
                "after another order got as much, it raised ValueError",
            ),
            Wrong(
                REFUND.but("amount <= left:", "amount <= session.get_one(Order, order_id).amount:"),
                "with 10.00 on their way, it raised InvalidRequestError, expected a ValueError",
            ),
            Wrong(
                REFUND_TRIED.replace("not known and not 0", "not 0"),
                "then called it with the same form, it raised ValueError",
            ),
            Wrong(
                REFUND.but(
                    "return row.stripe_id", "return client.v1.refunds.retrieve(row.stripe_id)"
                ),
                "returned the whole refund, expected its id",
            ),
            Wrong(
                REFUND.but("not 1 <=", "not 0 <="),
                "Called refund for 0 cents, where 1900 of 3900 are left",
            ),
        ),
    ),
    Exercise(
        "11.2",
        "Break it, then fix it: the event that never comes",
        answer="hear",
        check=check_hear,
        right=(HEAR_OF_THE_CHARGE,),
        hints=(
            "Five types, one answer: whatever the event says, ask how the refunds are now.",
            "event.data.object.payment_intent names the payment, for a charge and for a refund. "
            "The order is intent.metadata.to_dict().get('order_id'): None if there is none. "
            "client.v1.refunds.list(params={'payment_intent': …}).auto_paging_iter() gives all its "
            "refunds.",
            "order['refunded'] = sum(r.amount for r in … if r.status not in {'failed', 'canceled'}); "
            "the status is 'refunded' if that is order['amount'], else 'paid'.",
        ),
        wrong=(
            Wrong(
                HEAR.but(ABOUT_REFUNDS, "event.type != 'refund.updated'"),
                "Called hear with refund.created for A-1, returned None, expected 'paid'",
            ),
            Wrong(
                HEAR.but(ABOUT_REFUNDS, "event.type != 'charge.refunded'"),
                "Called hear with refund.created for A-1, returned None, expected 'paid'",
            ),
            Wrong(
                HEAR.but('order["refunded"] == order["amount"]', "order['refunded']"),
                "for A-1, returned 'refunded', expected 'paid': a part went back",
            ),
            Wrong(
                HEAR.but(LIVE, ""),
                "for A-3, returned 'refunded', expected 'paid': its refund failed",
            ),
            Wrong(
                HEAR.but(LIVE, "if refund.status == 'succeeded'"),
                "for A-4, returned 'paid', expected 'refunded': its refund is pending",
            ),
            Wrong(
                HEAR.but('not in {"failed", "canceled"}', "!= 'failed'"),
                "for A-7, returned 'refunded', expected 'paid': its refund was canceled",
            ),
            Wrong(
                HEAR.but('"limit": 100', '"limit": 10').but(
                    "refunds.auto_paging_iter()", "refunds.data"
                ),
                "A-5 is (1000, 'paid'), expected (1200, 'paid'): it has twelve refunds",
            ),
            Wrong(
                HEAR.but(
                    SUM,
                    "order['refunded'] + (event.data.object.amount if event.type == 'refund.created' else 0)",
                ),
                "for A-2, returned 'paid', expected 'refunded'",
            ),
            Wrong(
                HEAR.but(NOTED, "event.data.object.metadata.to_dict().get('order_id')"),
                "Called hear with refund.created for A-1, returned None, expected 'paid'",
            ),
            Wrong(
                HEAR.but(NOTED, "intent.metadata['order_id']"),
                "it raised KeyError: 'order_id'. Not every payment is for one of `orders`",
            ),
            Wrong(
                HEAR.but(ABOUT_REFUNDS, "not hasattr(event.data.object, 'amount')"),
                "Your code raised AttributeError: payment_intent",
            ),
            Wrong(
                HEAR.but(NOTED, "intent.metadata.order_id"),
                "it raised AttributeError: order_id. Not every payment is for one of `orders`",
            ),
            Wrong(
                HEAR.but('order["amount"] else', 'order["total"] else'),
                "Your code raised KeyError: 'total'",
            ),
        ),
    ),
    Exercise(
        "11.3",
        "Follow a dispute",
        answer="follow",
        check=check_follow,
        right=(FOLLOW_ONE_BY_ONE,),
        hints=(
            "Two steps: answer what waits for an answer, then look at all the statuses.",
            "disputes.list(params={'payment_intent': payment}).data may hold none, one or several. Evidence "
            "goes out with disputes.update(id, params={'evidence': …, 'submit': True}).",
            "told = {name: text for name, text in evidence.items() if text}. Update where the status is one "
            "of the two, told is not empty, and now <= dispute.evidence_details.due_by. Then: 'lost' "
            "among the statuses: 'keep'; all of them 'won' or 'warning_closed': 'send'; else 'hold'.",
        ),
        wrong=(
            Wrong(
                FOLLOW.but("{name: text for name, text in evidence.items() if text}", "evidence"),
                "it submitted nothing, and has used up the only chance",
            ),
            Wrong(
                FOLLOW.but(
                    "{name: text for name, text in evidence.items() if text}", "evidence"
                ).but("waits and told", "waits and any(told.values())"),
                "Stripe had filled in 'Ann Lee', and an empty text erases it",
            ),
            Wrong(
                FOLLOW.but('"submit": True', '"submit": False'),
                "the bank got evidence 0 times, expected once. Staged is not submitted",
            ),
            Wrong(
                FOLLOW.but(WAITING, "{'needs_response'}"),
                "Called follow for an inquiry: it wrote to Stripe 0 times",
            ),
            Wrong(
                FOLLOW.but(WAITING, "{'needs_response', 'warning_needs_response', 'under_review'}"),
                "it raised InvalidRequestError",
            ),
            Wrong(
                FOLLOW.but(" and now <= dispute.evidence_details.due_by", ""),
                "a second after the deadline: it submitted evidence",
            ),
            Wrong(
                FOLLOW.but("now <=", "now <"),
                "in the last second before the deadline: it submitted nothing",
            ),
            Wrong(
                FOLLOW.but(
                    VERDICT,
                    "return 'keep' if 'lost' in statuses else 'hold' if statuses & "
                    "{'needs_response', 'under_review', 'warning_needs_response', "
                    "'warning_under_review'} else 'send'",
                ),
                "which is in no row, returned 'send', expected 'hold'",
            ),
            Wrong(
                FOLLOW.but(
                    VERDICT,
                    "return 'send' if not statuses or statuses & {'won', 'warning_closed'} else "
                    "'keep' if 'lost' in statuses else 'hold'",
                ),
                "one won and one lost, returned 'send', expected 'keep'",
            ),
            Wrong(
                FOLLOW.but(
                    WAITING, f"{WAITING} and 'lost' not in {{other.status for other in disputes}}"
                ),
                "one lost and one open: it left the open one unanswered",
            ),
            Wrong(
                FOLLOW.but(
                    'client.v1.disputes.update(dispute.id, params={"evidence": told, "submit": True})',
                    "[client.v1.disputes.update(dispute.id, {'evidence': {name: told[name]}}) for name in told]",
                ),
                "The evidence for this dispute has already been submitted",
            ),
            Wrong(
                FOLLOW.but("payment}).data", "payment}).data[:1]"),
                "with two disputes: it answered 1 of them, expected both",
            ),
        ),
    ),
    Exercise(
        "11.4",
        "Find the missed webhook",
        answer="catch_up",
        check=check_catch_up,
        right=(CATCH_BY_PAGES, CATCH_UP.but('{"gte": since}', '{"gt": since - 1}')),
        hints=(
            "Stripe's list begins with the newest event. Handle one, and only then call it handled.",
            "client.v1.events.list(params={'created': {'gte': since}, 'types': WANTED, 'limit': 100}), and "
            "auto_paging_iter() for all the pages.",
            "for event in reversed(list(….auto_paging_iter())): in the inbox? continue. try: "
            "handle(event); except Exception: continue. Then inbox.add(event.id), and note its id.",
        ),
        wrong=(
            Wrong(
                CATCH_UP.but("reversed(events)", "events"),
                "it handled the newest event first",
            ),
            Wrong(
                CATCH_UP.but("reversed(events)", "sorted(events, key=lambda event: event.created)"),
                "`created` counts seconds: within one, Stripe's list tells the order",
            ),
            Wrong(
                CATCH_UP.but("handled.append(event.id)", "handled.append(event)"),
                "returned whole events, expected their ids",
            ),
            Wrong(
                CATCH_UP.but("list(params=recent).auto_paging_iter()", "list(params=recent).data"),
                "than Stripe's list has on one page, returned 100 events",
            ),
            Wrong(
                CATCH_UP.but("if event.id in inbox:", "if False:"),
                "It need not handle payment_intent.succeeded, which is in the inbox",
            ),
            Wrong(
                CATCH_UP.but("        try:", "        inbox.add(event.id)\n        try:"),
                "raised an OSError for one event: that event is in the inbox",
            ),
            Wrong(
                CATCH_UP.but(
                    "except Exception:\n            continue", "except Exception:\n            pass"
                ),
                "handle raised an OSError for one event, returned",
            ),
            Wrong(
                CATCH_UP.but(
                    "except Exception:\n            continue",
                    "except Exception:\n            raise",
                ),
                "it raised OSError('no database'). Go on with the next event",
            ),
            Wrong(
                CATCH_UP.but(
                    "except Exception:\n            continue",
                    "except Exception:\n            return handled",
                ),
                "handle raised an OSError for one event, returned",
            ),
            Wrong(
                CATCH_UP.but("except Exception", "except BaseException"),
                "it caught the kill",
            ),
            Wrong(
                CATCH_UP.but(WANTED_SINCE, "{'created': {'gte': since}, 'limit': 100}"),
                "It need not handle customer.created, which was created in the very second of `since`",
            ),
            Wrong(
                CATCH_UP.but(WANTED_SINCE, "{'types': WANTED, 'limit': 100}"),
                "which was created before `since`",
            ),
            Wrong(
                CATCH_UP.but(
                    WANTED_SINCE, "{'created': {'gt': since}, 'types': WANTED, 'limit': 100}"
                ),
                "It left out refund.created, which was created in the very second of `since`",
            ),
        ),
    ),
    Exercise(
        "11.5",
        "Account for every cent",
        answer="report",
        check=check_report,
        right=(REPORT_BY_FILTER,),
        hints=(
            "Three lists: the balance transactions, the balance, the PaymentIntents. Then subtract.",
            "Add up amount and fee of each balance transaction, by its type. The balance has two lists, "
            "`available` and `pending`, with an amount for each currency. A payment's order is "
            "intent.metadata.to_dict().get('order_id').",
            "unexplained = balance - sum(by_type.values()) + fees. With order_of = {intent.id: order id or "
            "None} of what succeeded: strangers are those whose order id is not in orders; unpaid are the "
            "paid orders that are not among order_of.values().",
        ),
        wrong=(
            Wrong(
                REPORT.but("+ entry.amount", "+ entry.net"),
                "'adjustment' is -6900, expected -3900",
            ),
            Wrong(
                REPORT.but(
                    "        by_type[entry.type] =",
                    "        if entry.type in {'charge', 'refund'}: by_type[entry.type] =",
                ),
                "'by_type' has no 'adjustment', of which there is -3900",
            ),
            Wrong(
                REPORT.but("[*balance.available, *balance.pending]", "balance.available"),
                "`available` and `pending`, of this currency",
            ),
            Wrong(
                REPORT.but("fund.currency == currency", "True"),
                "of this currency",
            ),
            Wrong(
                REPORT.but('params={"currency": currency, "limit": 100}', 'params={"limit": 100}'),
                "'charge' is 61950, expected 42450",
            ),
            Wrong(
                REPORT.but("ledger.auto_paging_iter()", "ledger.data"),
                "'by_type' has no 'adjustment'",
            ),
            Wrong(
                REPORT.but("there - sum(by_type.values()) + fees", "0"),
                "500 cents more than its entries: 'unexplained' is 0, expected 500",
            ),
            Wrong(
                REPORT.but(
                    "there - sum(by_type.values()) + fees", "there - sum(by_type.values()) - fees"
                ),
                "'unexplained' is",
            ),
            Wrong(
                REPORT.but('intent.status == "succeeded"', "True"),
                "'unpaid' is ['A-7'], expected ['A-7', 'A-8']",
            ),
            Wrong(
                REPORT.but("order_id not in orders", "order_id is None"),
                "'strangers' is",
            ),
            Wrong(
                REPORT.but("order_id not in orders", "orders.get(order_id) != 'paid'"),
                "for no order in `orders`, whatever its status",
            ),
            Wrong(REPORT.but('"strangers": sorted', '"strangers": list'), "sorted; they succeeded"),
            Wrong(
                REPORT.but(
                    '"unpaid": sorted(said_paid - set(order_of.values()))',
                    '"unpaid": [id for id in orders if id in said_paid - set(order_of.values())]',
                ),
                "'unpaid' is ['A-8', 'A-7'], expected ['A-7', 'A-8']",
            ),
            Wrong(
                REPORT.but('status == "paid"', "True"),
                "'unpaid' is ['A-7', 'A-8', 'A-9'], expected ['A-7', 'A-8']",
            ),
            Wrong(
                REPORT.but(NOTED, "intent.metadata['order_id']"),
                "Your code raised KeyError: 'order_id'",
            ),
        ),
    ),
)
