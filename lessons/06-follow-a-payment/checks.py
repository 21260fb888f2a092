"""Checks for chapter 06: five words, a hold, a way back from the bank, and money overlooked."""

from collections.abc import Callable, Iterator
from typing import Any

import stripe

from classroom.exercise import Exercise, Mistake, Wrong, expect, solution_of
from classroom.practice import Practice, named

BACK = "https://cinema.example/back"
DAY = 24 * 60 * 60  # seconds
ASKING = "pm_card_authenticationRequired"


def payment(card: str | None = None, **more: Any) -> Any:
    """The parameters of a payment over 14.00 by card; tried at once if there is a card."""
    tried = {"payment_method": card, "confirm": True, "return_url": BACK} if card else {}
    basics = {"amount": 1400, "currency": "usd", "allowed_payment_method_types": ["card"]}
    return {**basics, **tried, **more}


def by_debit(account: str = "success") -> Any:
    """The parameters of a payment over 14.00 from a bank account."""
    return payment(
        f"pm_usBankAccount_{account}",
        allowed_payment_method_types=["us_bank_account"],
        mandate_data={"customer_acceptance": {"type": "offline"}},
    )


def declined(bench: Practice) -> str:
    """The id of a payment whose card was declined."""
    intent = bench.client.v1.payment_intents.create(payment())
    try:
        bench.client.v1.payment_intents.confirm(
            intent.id, {"payment_method": "pm_card_visa_chargeDeclined"}
        )
    except stripe.CardError:
        pass
    return intent.id


def check_word_for(answer: Callable[..., Any]) -> None:
    for which, intent, expected in told():
        called = f"Called word_for with {which} ({intent.status})"
        try:
            got = answer(intent)
        except ValueError as error:
            raise Mistake(
                f"{called}, it raised ValueError {error}, expected {expected!r}."
            ) from None
        except AttributeError as error:
            raise Mistake(f"{called}, it raised AttributeError: {error}.") from None
        except stripe.StripeError:
            raise Mistake(f"{called}, it asked Stripe. All of the answer is in `intent`.") from None
        expect(got == expected, f"{called}, returned {got!r}, expected {expected!r}.")
    _check_unknown(answer)


def told() -> Iterator[tuple[str, Any, str]]:
    """Every state that a payment can be in, and its word."""
    bench = Practice()
    create = bench.client.v1.payment_intents.create

    def now(id: str) -> Any:
        return bench.client.v1.payment_intents.retrieve(id, {"expand": ["latest_charge"]})

    yield "a new payment", now(create(payment()).id), "pending"
    chosen = payment(payment_method="pm_card_visa")
    yield "a payment with a card, not tried yet", now(create(chosen).id), "pending"
    yield "a payment whose bank asks first", now(create(payment(ASKING)).id), "pending"
    yield "a bank debit on its way", now(create(by_debit()).id), "pending"
    hold = create(payment("pm_card_visa", capture_method="manual"))
    yield "a hold", now(hold.id), "pending"
    yield "a payment whose card was declined", now(declined(bench)), "failed"
    unpaid = bench.client.v1.payment_intents.cancel(create(payment()).id)
    yield "a payment that was canceled", now(unpaid.id), "failed"
    bench.client.v1.payment_intents.cancel(hold.id)
    yield "a hold that was let go", now(hold.id), "failed"
    paid = create(payment("pm_card_visa"))
    yield "a payment that went through", now(paid.id), "succeeded"
    bench.client.v1.refunds.create({"payment_intent": paid.id, "amount": 400})
    yield "a payment of which a part was refunded", now(paid.id), "refunded"
    bench.client.v1.refunds.create({"payment_intent": paid.id})
    yield "a payment that was refunded", now(paid.id), "refunded"
    refunded_and_disputed = now(paid.id)
    refunded_and_disputed.latest_charge["disputed"] = True
    yield "a payment that was refunded and disputed", refunded_and_disputed, "disputed"
    disputed = now(create(payment("pm_card_visa")).id)
    disputed.latest_charge["disputed"] = True
    yield "a payment that was disputed", disputed, "disputed"


def _check_unknown(answer: Callable[..., Any]) -> None:
    intent = Practice().client.v1.payment_intents.create(payment())
    intent["status"] = "requires_reauthorization"
    called = "Called word_for with a status that is not in the table (requires_reauthorization)"
    try:
        got = answer(intent)
    except ValueError as error:
        expect(
            "requires_reauthorization" in str(error),
            f"{called}, it raised ValueError {error}, which does not name the status.",
        )
        return
    except LookupError as error:  # of a dict without that key
        raise Mistake(
            f"{called}, it raised {type(error).__name__} {error}, expected a ValueError."
        ) from None
    raise Mistake(f"{called}, returned {got!r}, expected a ValueError.")


class Warehouse:
    """Packs goods for so many cents, while 89.00 are held and not otherwise."""

    def __init__(self, bench: Practice, packed: int) -> None:
        self.bench, self.packed, self.times = bench, packed, 0

    def pack(self) -> int:
        self.times += 1
        newest = self.bench.client.v1.payment_intents.list({"limit": 1}).data
        held = newest[0].amount_capturable if newest else 0
        expect(held == 8900, f"Called pack while Stripe held {held}, expected 8900.")
        return self.packed


def check_hold_and_take(answer: Callable[..., Any]) -> None:
    for packed, which in ((8900, "everything"), (5000, "a part"), (0, "nothing")):
        bench = Practice()
        warehouse = Warehouse(bench, packed)
        called = f"Called hold_and_take over 8900, and {which} was packed"
        got = _taken(answer, bench, "pm_card_visa", warehouse, packed, called)
        expect(warehouse.times == 1, f"{called}: it called pack {warehouse.times} times.")
        (intent,) = _payments(bench, called)
        expect(
            intent.currency == "usd",
            f"{called}: the money is in {intent.currency}, expected usd.",
        )
        expect(
            packed == 0 or not bench.client.v1.refunds.list().data,
            f"{called}: there is a refund. What was never captured needs none.",
        )
        expect(
            intent.amount_received == packed,
            f"{called}: Stripe took {intent.amount_received}, expected {packed}.",
        )
        expected = "succeeded" if packed else "canceled"
        expect(
            intent.status == expected,
            f"{called}: the PaymentIntent is {intent.status} afterwards, expected {expected}.",
        )
        expect(got == packed, f"{called}, returned {named(got)}, expected {packed}.")
    _check_no_hold(answer)


def _check_no_hold(answer: Callable[..., Any]) -> None:
    bench = Practice()
    warehouse = Warehouse(bench, 8900)
    called = "Called hold_and_take with a card that is declined"
    try:
        got = answer(bench.client, 8900, "pm_card_visa_chargeDeclined", warehouse.pack)
    except stripe.CardError:
        expect(not warehouse.times, f"{called}: goods were packed.")
    else:
        raise Mistake(f"{called}, returned {named(got)}, expected CardError to come through.")
    bench = Practice()
    warehouse = Warehouse(bench, 8900)
    called = "Called hold_and_take with a card whose bank asks first"
    got = _taken(answer, bench, ASKING, warehouse, 0, called)
    expect(not warehouse.times, f"{called}: goods were packed.")
    (intent,) = _payments(bench, called)
    expect(
        intent.status == "canceled",
        f"{called}: the PaymentIntent is {intent.status} afterwards, expected canceled.",
    )
    expect(got == 0, f"{called}, returned {named(got)}, expected 0.")


def _taken(
    answer: Callable[..., Any],
    bench: Practice,
    card: str,
    warehouse: Warehouse,
    expected: int,
    called: str,
) -> Any:
    try:
        return answer(bench.client, 8900, card, warehouse.pack)
    except stripe.StripeError as error:
        raised = f"{type(error).__name__}: {error.user_message}"
        raise Mistake(f"{called}, expected {expected} back, it raised {raised}") from None


def _payments(bench: Practice, called: str) -> list[Any]:
    payments = bench.client.v1.payment_intents.list().data
    expect(
        len(payments) == 1,
        f"{called}: there are {len(payments)} PaymentIntents, expected one.",
    )
    return payments


class Box:
    """A Stripe of its own, with one reserved seat."""

    def __init__(self, params: Any) -> None:
        self.bench = Practice()
        self.intent = self.bench.client.v1.payment_intents.create(params)
        self.booking = {
            "seat": "F7",
            "price": 1400,
            "status": "reserved",
            "payment": self.intent.id,
        }

    @property
    def bank(self) -> str:
        """The address of the bank's page."""
        return str(self.intent.next_action.redirect_to_url.url)

    def expect(self, answer: Callable[..., Any], page: str, status: str, when: str) -> None:
        called = f"Called come_back {when}"
        asked = len(self.bench.sent("POST"))
        try:
            got = answer(self.bench.client, self.booking)
        except stripe.StripeError as error:
            raise Mistake(
                f"{called}, it raised {type(error).__name__}, expected {page!r}."
            ) from None
        expect(
            len(self.bench.sent("POST")) == asked,
            f"{called}: it sent a POST to Stripe. Only look: what is there can still be paid.",
        )
        expect(got == page, f"{called}, returned {_page(got)}, expected {_page(page)}.")
        now = self.booking["status"]
        expect(now == status, f"{called}: the booking is {now!r}, expected {status!r}.")


def _page(got: Any) -> str:
    """A page as a message names it."""
    is_bank = isinstance(got, str) and "3d_secure" in got
    return "the address of a bank's page" if is_bank else named(got)


def check_come_back(answer: Callable[..., Any]) -> None:
    box = Box(payment("pm_card_visa"))
    box.expect(answer, "thanks", "booked", "after a payment that went through")
    box = Box(payment(ASKING))
    box.expect(answer, box.bank, "reserved", "while the bank waits for an answer")
    box.bench.local.advance(3 * DAY)
    for _ in range(10):  # as many as a list gives if nobody asks for more
        box.bench.client.v1.payment_intents.create(payment())
    when = "three days and ten payments later, and the bank still waits"
    box.expect(answer, box.bank, "reserved", when)
    box.bench.answer_bank(box.intent)
    box.expect(answer, "thanks", "booked", "after the customer has answered the bank")
    box.expect(answer, "thanks", "booked", "once more, when the seat is booked")
    box = Box(payment(ASKING))
    box.booking["status"] = "booked"
    when = "while the bank waits, for a seat that careless_pay has called booked"
    box.expect(answer, box.bank, "booked", when)
    box = Box(payment(ASKING))
    box.bench.answer_bank(box.intent, "failed")
    box.expect(answer, "pay", "reserved", "after the customer failed at the bank")
    box = Box(payment())
    box.expect(answer, "pay", "reserved", "before the customer has chosen a card")
    box = Box(payment(payment_method="pm_card_visa"))
    box.expect(answer, "pay", "reserved", "with a card that nobody has tried yet")
    box = Box(payment(ASKING))
    box.bench.client.v1.payment_intents.cancel(box.intent.id)
    box.expect(answer, "over", "free", "after the payment was canceled")
    box = Box(by_debit())
    box.expect(answer, "wait", "reserved", "while a bank debit is on its way")
    box = Box(payment("pm_card_visa", capture_method="manual"))
    box.expect(answer, "wait", "reserved", "while the money is held")


# The orders of a shop, and why each is missed, or is not.
ORDERS = {
    "A-1": ("pending", True, "it was paid, and is pending with the shop"),
    "A-2": ("canceled", True, "it was paid, and is canceled with the shop"),
    "A-3": ("pending", True, "it was paid, and is pending with the shop"),
    "B-1": ("paid", False, "the shop knows that it is paid"),
    "B-2": ("refunded", False, "the shop knows of it, and gave the money back"),
    "B-3": ("pending", False, "nobody has paid yet"),
    "B-4": ("pending", False, "only 5.00 of 14.00 were captured"),
    "B-5": ("pending", False, "it was paid before `since`"),
    "B-6": ("pending", False, "nobody has tried to pay"),
}


def check_missed(answer: Callable[..., Any]) -> None:
    bench = Practice()
    since = _open_shop(bench)
    orders = [{"id": id, "amount": 1400, "status": row[0]} for id, row in ORDERS.items()]
    asked = len(bench.sent("GET"))
    called = "Called missed"
    try:
        got = answer(bench.client, orders, since)
    except KeyError as error:
        raise Mistake(f"{called}, it raised KeyError {error}: some payments have none.") from None
    sent = bench.sent("GET")[asked:]
    expect(
        not any(call.path.endswith("/search") for call in sent),
        f"{called}: it searched. A search may not know the newest payments yet: use list.",
    )
    starts = [_start(call.params) for call in sent]
    expect(
        all(start <= since for start in starts),
        f"{called}: it left out what was created in the very second of `since`. `gte` has that "
        "second, `gt` has not.",
    )
    _compare(called, got)
    expect(
        all(start == since for start in starts),
        f"{called}: it asked for payments from before `since`: there may be millions.",
    )


def _start(asked: dict[str, str]) -> int:
    """The first second that a list was asked for."""
    if "created[gt]" in asked:
        return int(asked["created[gt]"]) + 1
    return int(asked.get("created[gte]", 0))


def _compare(called: str, got: Any) -> None:
    expect(isinstance(got, list), f"{called}, returned {type(got).__name__}, expected a list.")
    for id, (_, is_missed, reason) in ORDERS.items():
        left_out = f"{called}, returned {got!r}, without {id!r}: {reason}."
        expect(id in got or not is_missed, left_out)
        expect(is_missed or id not in got, f"{called}, returned {got!r}, with {id!r}: {reason}.")
    expected = sorted(id for id, (_, is_missed, _) in ORDERS.items() if is_missed)
    expect(got == expected, f"{called}, returned {got!r}, expected {expected!r}.")


def _open_shop(bench: Practice) -> int:
    """Take the payments of `ORDERS`, and a hundred others; gives the time to look from."""
    client = bench.client

    def pay(order: str, **more: Any) -> Any:
        noted = {"metadata": {"order_id": order}}
        return client.v1.payment_intents.create(payment("pm_card_visa", **noted, **more))

    pay("B-5")
    bench.local.advance(DAY)
    since = bench.local.clock.now()
    for order in ("A-1", "A-2", "A-2", "B-1"):
        pay(order)
    client.v1.refunds.create({"payment_intent": pay("B-2").id})
    client.v1.payment_intents.create(payment(metadata={"order_id": "B-3"}))
    part = pay("B-4", capture_method="manual")
    client.v1.payment_intents.capture(part.id, {"amount_to_capture": 500})
    client.v1.payment_intents.create(payment("pm_card_visa", metadata={"order_id": "elsewhere"}))
    for _ in range(100):
        client.v1.payment_intents.create(payment())
    pay("A-3")
    return since


SEARCHED = """
def missed(client, orders, since):
    found = []
    for order in orders:
        query = f'status:"succeeded" AND metadata["order_id"]:"{order["id"]}"'
        if client.v1.payment_intents.search(params={"query": query}).data:
            found.append(order["id"])
    return sorted(found)
"""

WORD = solution_of("word_for", __file__)
HOLD = solution_of("hold_and_take", __file__)
COME = solution_of("come_back", __file__)
MISSED = solution_of("missed", __file__)

MATCH = "match intent.status:"
UNKNOWN = 'raise ValueError(f"Nobody knows the status {intent.status}.")'
IF_HELD = ' if intent.status == "requires_capture" else 0'
CAPTURED = "client.v1.payment_intents.capture(intent.id, params=taken)"
CANCELED = "client.v1.payment_intents.cancel(intent.id).amount_received"
BANK = "intent.next_action.redirect_to_url.url"
RECENT = '{"created": {"gte": since}, "limit": 100}'

EXERCISES = (
    Exercise(
        "6.1",
        "Say it in five words",
        answer="word_for",
        check=check_word_for,
        hints=(
            "Begin with the status. Look at the charge only where the table does, and at the error "
            "only where the table does.",
            "For `succeeded`, ask in this order: disputed? refunded? else succeeded. For "
            "`requires_payment_method`, `intent.last_payment_error` is an object or None.",
            "match intent.status: case 'succeeded': …; case 'canceled': …; case "
            "'requires_payment_method': …; case 'requires_confirmation' | 'requires_action' | "
            "'processing' | 'requires_capture': return 'pending'. Below the match, raise "
            "ValueError(intent.status).",
        ),
        wrong=(
            Wrong(
                WORD.but(UNKNOWN, "return 'failed'").but(
                    '"requires_confirmation" | "requires_action" | "processing" | "requires_capture"',
                    '"requires_action"',
                ),
                "not tried yet (requires_confirmation), returned 'failed', expected 'pending'",
            ),
            Wrong(
                WORD.but(UNKNOWN, "return 'failed'"),
                "(requires_reauthorization), returned 'failed', expected a ValueError",
            ),
            Wrong(
                WORD.but('"failed" if intent.last_payment_error else "pending"', '"pending"'),
                "whose card was declined (requires_payment_method), returned 'pending'",
            ),
            Wrong(
                WORD.but(
                    MATCH,
                    "charge = intent.latest_charge\n"
                    "    if charge and charge.amount_refunded: return 'refunded'\n"
                    f"    {MATCH}",
                ),
                "a hold that was let go (canceled), returned 'refunded', expected 'failed'",
            ),
            Wrong(
                WORD.but(
                    MATCH,
                    f"if intent.latest_charge.disputed: return 'disputed'\n    {MATCH}",
                ),
                "a new payment (requires_payment_method), it raised AttributeError",
            ),
            Wrong(
                WORD.but("amount_refunded", "refunded"),
                "a part was refunded (succeeded), returned 'succeeded', expected 'refunded'",
            ),
            Wrong(
                WORD.but(
                    "if intent.latest_charge.disputed:",
                    "if intent.latest_charge.amount_refunded: return 'refunded'\n"
                    "            if intent.latest_charge.disputed:",
                ),
                "refunded and disputed (succeeded), returned 'refunded', expected 'disputed'",
            ),
            Wrong(
                WORD.but(UNKNOWN, "raise ValueError('?')"),
                "which does not name the status",
            ),
            Wrong(
                WORD.but(UNKNOWN, "return {'canceled': 'failed'}[intent.status]"),
                "it raised KeyError 'requires_reauthorization', expected a ValueError",
            ),
            Wrong(
                WORD.but(
                    MATCH, f"intent = client.v1.payment_intents.retrieve(intent.id)\n    {MATCH}"
                ),
                "it asked Stripe. All of the answer is in `intent`",
            ),
        ),
    ),
    Exercise(
        "6.2",
        "Hold, pack, take",
        answer="hold_and_take",
        check=check_hold_and_take,
        hints=(
            "Three calls of Stripe's API: one holds, then either one takes or another one lets go.",
            '"capture_method": "manual" holds. Money is held if the status is `requires_capture`. '
            "`capture` takes a part if you give it `amount_to_capture`.",
            "packed = pack() if intent.status == 'requires_capture' else 0; if packed == 0, cancel "
            "and return 0; else return client.v1.payment_intents.capture(intent.id, "
            "params={'amount_to_capture': packed}).amount_received.",
        ),
        wrong=(
            Wrong(
                HOLD.but('"capture_method": "manual",', "").but(IF_HELD, ""),
                "Called pack while Stripe held 0, expected 8900",
            ),
            Wrong(
                HOLD.but(", params=taken", ""),
                "a part was packed: Stripe took 8900, expected 5000",
            ),
            Wrong(
                HOLD.but(
                    f"    return {CAPTURED}.amount_received",
                    "    client.v1.payment_intents.capture(intent.id)\n"
                    "    if packed < amount:\n"
                    "        back = {'payment_intent': intent.id, 'amount': amount - packed}\n"
                    "        client.v1.refunds.create(params=back)\n"
                    "    return packed",
                ),
                "there is a refund. What was never captured needs none",
            ),
            Wrong(
                HOLD.but('"usd"', '"eur"'),
                "everything was packed: the money is in eur, expected usd",
            ),
            Wrong(
                HOLD.but(f"{CAPTURED}.amount_received", CAPTURED),
                "returned a PaymentIntent of Stripe's, expected 8900",
            ),
            Wrong(
                HOLD.but("if packed == 0", "if False"),
                "nothing was packed, expected 0 back, it raised InvalidRequestError",
            ),
            Wrong(
                HOLD.but(CANCELED, "0"),
                "the PaymentIntent is requires_capture afterwards, expected canceled",
            ),
            Wrong(
                HOLD.but(IF_HELD, ""),
                "Called pack while Stripe held 0, expected 8900",
            ),
            Wrong(
                HOLD.but(f"{CAPTURED}.amount_received", f"{CAPTURED}.amount"),
                "a part was packed, returned 8900, expected 5000",
            ),
        ),
    ),
    Exercise(
        "6.3",
        "Break it, then fix it: the cinema",
        answer="come_back",
        check=check_come_back,
        hints=(
            "One question to Stripe, and then the table, row by row.",
            "client.v1.payment_intents.retrieve(booking['payment']) answers it. Write to "
            "booking['status'] in two rows only.",
            "match intent.status: case 'succeeded': booking['status'] = 'booked'; return 'thanks'. "
            "case 'requires_action': return intent.next_action.redirect_to_url.url. And so on; "
            "'wait' stands below the match.",
        ),
        wrong=(
            Wrong(
                COME.but(
                    MATCH,
                    "if intent.status != 'requires_payment_method': booking['status'] = 'booked'\n"
                    f"    {MATCH}",
                ),
                "while the bank waits for an answer: the booking is 'booked', expected 'reserved'",
            ),
            Wrong(
                COME.but(BANK, "'pay'"),
                "while the bank waits for an answer, returned 'pay'",
            ),
            Wrong(
                COME.but(
                    BANK,
                    'client.v1.payment_intents.confirm(intent.id, params={"payment_method": '
                    '"pm_card_visa", "return_url": "https://a.example"}).id',
                ),
                "it sent a POST to Stripe. Only look",
            ),
            Wrong(
                COME.but(BANK, "intent.next_action"),
                "returned a NextAction of Stripe's, expected the address of a bank's page",
            ),
            Wrong(
                COME.but(
                    MATCH,
                    "recent = client.v1.payment_intents.list().data\n"
                    "    if intent.id not in [i.id for i in recent]: return 'over'\n"
                    f"    {MATCH}",
                ),
                "ten payments later, and the bank still waits, returned 'over'",
            ),
            Wrong(
                COME.but(
                    "intent = client",
                    "if booking['status'] == 'booked': return 'thanks'\n    intent = client",
                ),
                "that careless_pay has called booked, returned 'thanks', expected the address",
            ),
            Wrong(
                COME.but('booking["status"] = "free"', "pass"),
                "was canceled: the booking is 'reserved', expected 'free'",
            ),
            Wrong(
                COME.but('| "requires_confirmation"', '| "requires_confirmation" | "processing"'),
                "while a bank debit is on its way, returned 'pay', expected 'wait'",
            ),
        ),
    ),
    Exercise(
        "6.4",
        "Find what the shop has missed",
        answer="missed",
        check=check_missed,
        hints=(
            "Ask Stripe once for all payments since then, and look each one up among your orders. The "
            "other way round takes one question an order.",
            "list(params={'created': {'gte': since}, 'limit': 100}).auto_paging_iter() brings all of "
            "them. `intent.metadata.to_dict().get('order_id')` is None where there is no note.",
            "Make a dict from the ids of unpaid orders to their amounts. For each intent: is its "
            "order_id in the dict, is its status 'succeeded', is its amount_received the order's? "
            "Then add the id to a set. Return sorted(that set).",
        ),
        wrong=(
            Wrong(
                MISSED.but("recent.auto_paging_iter()", "recent.data"), "without 'A-1': it was paid"
            ),
            Wrong(SEARCHED, "it searched"),
            Wrong(
                MISSED.but(
                    'intent.metadata.to_dict().get("order_id")', 'intent.metadata["order_id"]'
                ),
                "it raised KeyError 'order_id': some payments have none",
            ),
            Wrong(
                MISSED.but(' and intent.status == "succeeded"', "").but(
                    "amount_received", "amount"
                ),
                "with 'B-3': nobody has paid yet",
            ),
            Wrong(
                MISSED.but("intent.amount_received == unpaid[order_id]", "True"),
                "with 'B-4': only 5.00 of 14.00 were captured",
            ),
            Wrong(
                MISSED.but('{"pending", "canceled"}', '{"pending"}'),
                "without 'A-2': it was paid, and is canceled",
            ),
            Wrong(
                MISSED.but(RECENT, "{}"),
                "with 'B-5': it was paid before `since`",
            ),
            Wrong(
                MISSED.but("gte", "gt"),
                "left out what was created in the very second of `since`. `gte` has that second",
            ),
            Wrong(
                MISSED.but("set()", "[]").but(".add(", ".append("),
                "expected ['A-1', 'A-2', 'A-3']",
            ),
        ),
        right=(MISSED.but('"gte": since', '"gt": since - 1'),),
    ),
)
