"""Checks for chapter 04: charge once, whatever fails, and believe only what was paid for."""

from collections.abc import Callable
from typing import Any

import stripe
from sqlalchemy import create_engine, event
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from classroom.exercise import Exercise, Mistake, Wrong, expect, solution_of
from local_stripe import SECRET_KEY, LocalStripe
from local_stripe.transport import InProcess


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    amount: Mapped[int]
    status: Mapped[str] = mapped_column(default="pending")
    payment_intent_id: Mapped[str | None]
    idempotency_key: Mapped[str | None]


class Line(InProcess):
    """The line to Stripe: keeps the keys that were sent, and may lose answers."""

    def __init__(self) -> None:
        super().__init__(LocalStripe())
        self.losses = 0
        self.keys: list[str | None] = []

    def request(self, method: str, url: str, headers: Any, *args: Any, **more: Any) -> Any:
        answer = super().request(method, url, headers, *args, **more)
        if method == "post":
            self.keys.append(headers.get("Idempotency-Key"))
            if self.losses:
                self.losses -= 1
                raise stripe.APIConnectionError("the answer got lost")
        return answer


class Desk:
    """A database with one order over 217.50, and a Stripe of its own."""

    def __init__(self, losses: int = 0) -> None:
        engine = create_engine("sqlite://")
        Base.metadata.create_all(engine)
        self.session = Session(engine)
        self.order = Order(amount=21750)
        self.session.add(self.order)
        self.session.commit()
        self.committed_keys: list[str | None] = []
        event.listen(self.session, "before_commit", self._note_key)
        self.line = Line()
        self.line.losses = losses
        self.client = stripe.StripeClient(SECRET_KEY, http_client=self.line)

    def _note_key(self, session: Session) -> None:
        self.committed_keys.append(self.order.idempotency_key)

    @property
    def payments(self) -> list[stripe.PaymentIntent]:
        return self.client.v1.payment_intents.list().data

    @property
    def taken(self) -> int:
        return sum(intent.amount_received for intent in self.payments)

    def open_intent(self) -> None:
        """Give the order a PaymentIntent that waits for a card, and a key for its first attempt."""
        intent = self.client.v1.payment_intents.create(payment(self.order))
        self.order.payment_intent_id, self.order.idempotency_key = intent.id, "first attempt"
        self.session.commit()
        self.line.keys.clear()


def payment(order: Order, card: str | None = None, **changes: Any) -> Any:
    """The parameters of a payment for this order; confirmed at once if there is a card."""
    confirmed = {"payment_method": card, "confirm": True} if card else {}
    return {
        "amount": order.amount,
        "currency": "usd",
        "allowed_payment_method_types": ["card"],
        "metadata": {"order_id": str(order.id)},
        **confirmed,
        **changes,
    }


def check_charge_order(answer: Callable[..., Any]) -> None:
    desk = Desk()
    got = answer(desk.session, desk.client, desk.order, "pm_card_visa")
    called = "Called charge_order with a good card"
    expect(got == 201, f"{called}, returned {got!r}, expected 201.")
    expect(desk.taken == 21750, f"{called}: Stripe took {desk.taken}, expected 21750.")
    (intent,) = desk.payments
    noted = intent.metadata.to_dict()
    expect(
        noted.get("order_id") == str(desk.order.id),
        f"{called}: the metadata is {noted!r}, expected {{'order_id': '{desk.order.id}'}}.",
    )
    expect(desk.order.status == "paid", f"{called}: the order is {desk.order.status!r} afterwards.")
    expect(
        desk.order.payment_intent_id == intent.id,
        f"{called}: the order's payment_intent_id does not name the payment.",
    )
    expect(
        desk.line.keys[0] == desk.order.idempotency_key,
        f"{called}: the request did not carry the order's idempotency_key.",
    )
    _check_saved(desk, called)
    _check_key_survives(answer)
    _check_decline(answer)
    _check_two_orders(answer)


def _check_two_orders(answer: Callable[..., Any]) -> None:
    desk = Desk()
    other = Order(amount=desk.order.amount)
    desk.session.add(other)
    called = "Called charge_order with one order, then with another one"
    try:
        for order in (desk.order, other):
            answer(desk.session, desk.client, order, "pm_card_visa")
    except stripe.IdempotencyError:
        raise Mistake(f"{called}: both sent the same key, and Stripe refused the second.") from None


def _check_saved(desk: Desk, called: str) -> None:
    desk.session.rollback()
    expect(
        desk.order.status == "paid",
        f"{called}: the outcome was never committed, so a restart forgets it.",
    )


def _check_key_survives(answer: Callable[..., Any]) -> None:
    desk = Desk(losses=1)
    called = "Called charge_order while the answer got lost"
    try:
        got = answer(desk.session, desk.client, desk.order, "pm_card_visa")
    except stripe.APIConnectionError:
        desk.session.rollback()
        status = desk.order.status
        expect(
            status == "pending",
            f"{called}: the saved order is {status!r}, expected 'pending': nobody knows yet.",
        )
    else:
        raise Mistake(f"{called}, returned {got!r}, expected APIConnectionError to come through.")
    expect(
        desk.committed_keys and desk.committed_keys[0] is not None,
        f"{called}: the key was not committed before the call, so a crash forgets it.",
    )
    answer(desk.session, desk.client, desk.order, "pm_card_visa")
    expect(
        desk.taken == 21750,
        f"{called}, then again: Stripe took {desk.taken}, expected 21750. Keep the order's key.",
    )


def _check_decline(answer: Callable[..., Any]) -> None:
    desk = Desk()
    called = "Called charge_order with a card that is declined"
    try:
        got = answer(desk.session, desk.client, desk.order, "pm_card_visa_chargeDeclined")
    except stripe.CardError:
        raise Mistake(f"{called}, it raised CardError, expected the answer 402.") from None
    expect(got == 402, f"{called}, returned {got!r}, expected 402.")
    expect(
        desk.order.status == "pending",
        f"{called}: the order is {desk.order.status!r}, expected 'pending': it can still be paid.",
    )


def check_charge_with_retries(answer: Callable[..., Any]) -> None:
    for losses in (1, 2, 0):
        desk = Desk(losses)
        called = f"Called charge_with_retries with {losses} lost answer{'s' * (losses != 1)}"
        try:
            got = answer(desk.client, payment(desk.order, "pm_card_visa"), "key of the order")
        except stripe.APIConnectionError:
            raise Mistake(f"{called}, it gave up, expected up to 3 tries.") from None
        tries = len(desk.line.keys)
        expect(tries == losses + 1, f"{called}: it tried {tries} times, expected {losses + 1}.")
        taken = desk.taken
        expect(
            taken == 21750,
            f"{called}: the customer paid {taken}, expected 21750. Each try needs the same key.",
        )
        expect(
            set(desk.line.keys) == {"key of the order"},
            f"{called}: it sent another key than the one it was given.",
        )
        status = getattr(got, "status", None)
        expect(status == "succeeded", f"{called}, returned {got!r}, expected the PaymentIntent.")
    desk = Desk(losses=9)
    called = "Called charge_with_retries with every answer lost"
    try:
        got = answer(desk.client, payment(desk.order, "pm_card_visa"), "key of the order", tries=4)
    except stripe.APIConnectionError:
        tries = len(desk.line.keys)
        expect(tries == 4, f"{called} and tries=4: it tried {tries} times, expected 4.")
    else:
        raise Mistake(
            f"{called}, returned {got!r}: the caller must learn that nobody knows how it ended."
        )
    _check_declined_once(answer)


def _check_declined_once(answer: Callable[..., Any]) -> None:
    desk = Desk()
    called = "Called charge_with_retries with a declined card"
    declined = payment(desk.order, "pm_card_visa_chargeDeclined")
    try:
        got = answer(desk.client, declined, "key of the order")
    except stripe.CardError:
        tries = len(desk.line.keys)
        expect(
            tries == 1,
            f"{called}: it asked {tries} times. A decline is an answer, and Stripe replays it.",
        )
        return
    raise Mistake(f"{called}, returned {got!r}, expected CardError to come through.")


def check_try_card(answer: Callable[..., Any]) -> None:
    desk = Desk()
    desk.open_intent()
    _try(answer, desk, "pm_card_visa_chargeDeclined", "pending", "with a declined card")
    expect(
        desk.line.keys == ["first attempt"],
        "Called try_card with a declined card: it did not send the order's key.",
    )
    expect(
        desk.order.idempotency_key not in (None, "first attempt"),
        "Called try_card with a declined card: the order still has its old key, "
        "so Stripe replays that decline for ever.",
    )
    second = desk.order.idempotency_key
    _try(answer, desk, "pm_card_visa_chargeDeclined", "pending", "with a declined card again")
    expect(
        desk.order.idempotency_key not in (None, "first attempt", second),
        "Called try_card with a declined card again: the second decline brought no new key.",
    )
    _try(answer, desk, "pm_card_visa", "paid", "with a good card after a decline")
    desk.order.status = "pending"  # as a second browser tab sees it
    desk.order.idempotency_key = "second tab"
    desk.session.commit()
    _try(answer, desk, "pm_card_mastercard", "paid", "for a PaymentIntent that is paid already")
    taken = desk.taken
    expect(taken == 21750, f"Called try_card twice: Stripe took {taken}, expected 21750.")
    _check_lost_confirm(answer)
    _check_not_paid(answer)


def _check_not_paid(answer: Callable[..., Any]) -> None:
    desk = Desk()
    desk.open_intent()
    called = "Called try_card with a card that does not exist"
    try:
        got = answer(desk.session, desk.client, desk.order, "pm_nothing")
    except stripe.InvalidRequestError:
        pass
    else:
        raise Mistake(f"{called}, returned {got!r}, expected InvalidRequestError to come through.")
    desk = Desk()
    desk.open_intent()
    desk.client.v1.payment_intents.cancel(desk.order.payment_intent_id or "")
    _try(answer, desk, "pm_card_visa", "pending", "for a PaymentIntent that was canceled unpaid")


def _try(answer: Callable[..., Any], desk: Desk, card: str, expected: str, when: str) -> None:
    called = f"Called try_card {when}"
    try:
        got = answer(desk.session, desk.client, desk.order, card)
    except stripe.StripeError as error:
        raise Mistake(
            f"{called}, it raised {type(error).__name__}, expected {expected!r}."
        ) from None
    expect(got == expected, f"{called}, returned {got!r}, expected {expected!r}.")
    desk.session.rollback()
    status = desk.order.status
    expect(status == expected, f"{called}: the saved order is {status!r}, expected {expected!r}.")


def _check_lost_confirm(answer: Callable[..., Any]) -> None:
    desk = Desk()
    desk.open_intent()
    desk.line.losses = 1
    called = "Called try_card while the answer got lost"
    try:
        got = answer(desk.session, desk.client, desk.order, "pm_card_visa")
    except stripe.APIConnectionError:
        desk.session.rollback()
        expect(
            desk.order.idempotency_key == "first attempt",
            f"{called}: the key changed. Nobody answered, so the attempt is not over.",
        )
        return
    raise Mistake(f"{called}, returned {got!r}, expected APIConnectionError to come through.")


def check_proves(answer: Callable[..., Any]) -> None:
    desk = Desk()
    order = desk.order
    pay = desk.client.v1.payment_intents.create
    own = pay(payment(order, "pm_card_visa"))
    stranger = {"order_id": "another order"}
    canceled = desk.client.v1.payment_intents.cancel(pay(payment(order)).id)
    for intent_id, expected, which in (
        (own.id, True, "the order's own payment"),
        (pay(payment(order)).id, False, "a payment that nobody has paid"),
        (
            pay(payment(order, "pm_card_visa", metadata=stranger)).id,
            False,
            "another order's payment",
        ),
        (pay(payment(order, "pm_card_visa", metadata={})).id, False, "a payment without metadata"),
        (pay(payment(order, "pm_card_visa", amount=100)).id, False, "a payment of 1.00"),
        (pay(payment(order, "pm_card_visa", amount=99900)).id, False, "a payment of 999.00"),
        (pay(payment(order, "pm_card_visa", currency="jpy")).id, False, "a payment in yen"),
        (canceled.id, False, "a payment that was canceled"),
        ("pi_nothing", False, "an id that names nothing"),
    ):
        called = f"Called proves with {which}"
        try:
            got = answer(desk.client, order, intent_id)
        except Exception as error:
            raise Mistake(
                f"{called}, it raised {type(error).__name__}, expected {expected}.\n{error}"
            ) from None
        clue = " Metadata comes back as text: compare it with text." if expected else ""
        expect(got is expected, f"{called}, returned {got!r}, expected {expected}.{clue}")


CHARGE = solution_of("charge_order", __file__)
RETRY = solution_of("charge_with_retries", __file__)
TRY = solution_of("try_card", __file__)
PROVES = solution_of("proves", __file__)

COMMITTED = "    session.commit()\n    try:\n"
GIVES_UP = "            if not left:\n                raise"
NEW_KEY = "order.idempotency_key = str(uuid.uuid4())"
PAID_BEFORE = """\
    except stripe.InvalidRequestError as error:
        if error.code != "payment_intent_unexpected_state":
            raise
        intent = client.v1.payment_intents.retrieve(order.payment_intent_id)
"""
IF_PAID = 'if intent.status == "succeeded":'
BY_ID = 'intent.metadata["order_id"] if "order_id" in intent.metadata else None'
SUM = """\
        and intent.amount == order.amount
        and intent.currency == "usd"
"""

EXERCISES = (
    Exercise(
        "4.1",
        "Write the handler",
        answer="charge_order",
        check=check_charge_order,
        hints=(
            "Four steps, in this order: make sure there is a key, commit, call Stripe, save what came.",
            "The key goes into options={'idempotency_key': order.idempotency_key}. A decline is a "
            "stripe.CardError: catch that one and nothing else.",
            "if order.idempotency_key is None: order.idempotency_key = str(uuid.uuid4()); then "
            "session.commit(); then try: intent = client.v1.payment_intents.create(params={...}, "
            "options={...}) except stripe.CardError: return 402; then save intent.id and 'paid', "
            "commit, and return 201.",
        ),
        wrong=(
            Wrong(
                CHARGE.but(COMMITTED, "    session.flush()\n    try:\n"),
                "the key was not committed before the call",
            ),
            Wrong(
                CHARGE.but("if order.idempotency_key is None", "if True"),
                "Stripe took 43500, expected 21750",
            ),
            Wrong(
                CHARGE.but(
                    "        return 402", "        order.status = 'failed'\n        return 402"
                ),
                "expected 'pending': it can still be paid",
            ),
            Wrong(
                CHARGE.but(
                    '"idempotency_key": order.idempotency_key', '"idempotency_key": "a key"'
                ),
                "did not carry the order's idempotency_key",
            ),
            Wrong(
                CHARGE.but("str(uuid.uuid4())", "'the key'"),
                "both sent the same key",
            ),
            Wrong(
                CHARGE.but(COMMITTED, f"    order.status = 'paid'\n{COMMITTED}").but(
                    "        return 402",
                    "        order.status = 'pending'\n        session.commit()\n        return 402",
                ),
                "the saved order is 'paid', expected 'pending'",
            ),
            Wrong(
                CHARGE.but("stripe.CardError", "stripe.StripeError"),
                "expected APIConnectionError to come through",
            ),
        ),
    ),
    Exercise(
        "4.2",
        "Break it, then fix it: the stubborn shop",
        answer="charge_with_retries",
        check=check_charge_with_retries,
        hints=(
            "What does Stripe need to see to know that the second request is the first one again?",
            "Send the key you were given, each time. And after the last try, `raise` inside the "
            "`except` hands the error on.",
            "for left in reversed(range(tries)): try to return the PaymentIntent; in `except "
            "stripe.APIConnectionError:` write `if not left: raise`.",
        ),
        wrong=(
            Wrong(
                RETRY.but('"idempotency_key": key', '"idempotency_key": str(uuid.uuid4())'),
                "Each try needs the same key",
            ),
            Wrong(
                RETRY.but(GIVES_UP, "            continue"),
                "the caller must learn that nobody knows",
            ),
            Wrong(RETRY.but(GIVES_UP, "            raise"), "it gave up, expected up to 3 tries"),
            Wrong(
                RETRY.but('"idempotency_key": key', '"idempotency_key": "rug"'),
                "another key than the one it was given",
            ),
            Wrong(
                RETRY.but("APIConnectionError", "StripeError"),
                "it asked 3 times. A decline is an answer",
            ),
        ),
    ),
    Exercise(
        "4.3",
        "Let the customer try another card",
        answer="try_card",
        check=check_try_card,
        hints=(
            "Three endings, three branches: it went through, it was declined, it had been paid before.",
            "Only an answer ends an attempt. So the new key belongs into `except stripe.CardError`, "
            "and nowhere else.",
            "except stripe.CardError: new key, commit, return order.status. except "
            "stripe.InvalidRequestError as error: if error.code is not "
            "'payment_intent_unexpected_state', raise; else retrieve the PaymentIntent. Below both: "
            "if intent.status == 'succeeded', save 'paid'.",
        ),
        wrong=(
            Wrong(
                TRY.but(NEW_KEY, "pass"),
                "Stripe replays that decline for ever",
            ),
            Wrong(
                TRY.but(PAID_BEFORE, ""),
                "it raised InvalidRequestError, expected 'paid'",
            ),
            Wrong(
                TRY.but(PAID_BEFORE, "").but("CardError", "StripeError"),
                "returned 'pending', expected 'paid'",
            ),
            Wrong(
                TRY.but(
                    "        intent = client.v1.payment_intents.retrieve(order.payment_intent_id)\n",
                    "",
                ).but(IF_PAID, "if True:"),
                "canceled unpaid, returned 'paid'",
            ),
            Wrong(
                TRY.but(PAID_BEFORE, "    except stripe.InvalidRequestError:\n        pass\n").but(
                    IF_PAID, "if True:"
                ),
                "a card that does not exist, returned 'paid'",
            ),
        ),
    ),
    Exercise(
        "4.4",
        "Refuse somebody else's payment",
        answer="proves",
        check=check_proves,
        hints=(
            "List what must be equal: the status, and three things that tie the payment to the order.",
            '`"order_id" in intent.metadata` asks whether the key is there. Metadata holds text, so '
            "compare with str(order.id).",
            "Retrieve inside try; except stripe.InvalidRequestError: return False. Then return "
            "intent.status == 'succeeded' and 'order_id' in intent.metadata and the metadata, amount "
            "and currency are the order's.",
        ),
        wrong=(
            Wrong(
                PROVES.but("        and made_for == str(order.id)\n", "").but(SUM, ""),
                "another order's payment, returned True",
            ),
            Wrong(
                PROVES.but(BY_ID, "intent.metadata['order_id']"),
                "a payment without metadata, it raised KeyError",
            ),
            Wrong(
                PROVES.but(SUM, ""),
                "a payment of 1.00, returned True",
            ),
            Wrong(
                PROVES.but(BY_ID, "intent.metadata.get('order_id')"),
                "'get' is a dict method",
            ),
            Wrong(
                PROVES.but('== "succeeded"', "!= 'requires_payment_method'"),
                "a payment that was canceled, returned True",
            ),
            Wrong(
                PROVES.but("str(order.id)", "order.id"),
                "Metadata comes back as text",
            ),
        ),
    ),
)
