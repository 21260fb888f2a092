"""Checks for chapter 07: a session from an order, the way back, and money that comes tomorrow."""

from collections.abc import Callable
from typing import Any

import stripe

from classroom.exercise import Exercise, Mistake, Wrong, expect, solution_of
from classroom.practice import Practice, named
from local_stripe import PUBLISHABLE_KEY, SECRET_KEY
from local_stripe.transport import InProcess

THANKS, CART = "https://oak.example/thanks", "https://oak.example/cart"
DAY = 24 * 60 * 60  # seconds
DEBIT, EMPTY = "pm_usBankAccount_success", "pm_usBankAccount_insufficientFunds"

LAMP = {"name": "Desk lamp", "unit_price": 3900, "quantity": 1}
CHAIRS = {"name": "Chair", "unit_price": 5950, "quantity": 3}
RUG = {"name": "Rug", "unit_price": 12900, "quantity": 2}


def session_for(bench: Practice, order_id: str | None, amount: int = 3900, key: str = "") -> Any:
    """An open Checkout Session for one lamp at this price."""
    lamp = {"currency": "usd", "unit_amount": amount, "product_data": {"name": "Desk lamp"}}
    return bench.client.v1.checkout.sessions.create(
        {
            "mode": "payment",
            "line_items": [{"quantity": 1, "price_data": lamp}],
            "client_reference_id": order_id,
            "success_url": THANKS,
            "cancel_url": CART,
            "allowed_payment_method_types": ["card", "us_bank_account"],
        },
        {"idempotency_key": key} if key else {},
    )


def pay(bench: Practice, session_id: str, method: str = "pm_card_visa") -> str:
    """Press Pay on the page of a session; the address that the customer is led to."""
    page = f"/v1/payment_pages/{session_id}/confirm"
    answer = bench.client.raw_request("post", page, payment_method=method, api_key=PUBLISHABLE_KEY)
    return str(answer.data["success_url"])


def now(bench: Practice, session_id: str, *expand: str) -> Any:
    """The session as it is at Stripe."""
    return bench.client.v1.checkout.sessions.retrieve(session_id, {"expand": [*expand]})


def ask(called: str, answer: Callable[..., Any], *given: Any) -> Any:
    """What the answer returns; an error of Stripe's is a mistake."""
    try:
        return answer(*given)
    except stripe.StripeError as error:
        raise Mistake(f"{called}, it raised {type(error).__name__}: {error.user_message}") from None


def check_open_checkout(answer: Callable[..., Any]) -> None:
    _check_session(answer, {"id": "A-17", "currency": "usd", "key": "k", "lines": [LAMP, CHAIRS]})
    _check_session(answer, {"id": "B-4", "currency": "eur", "key": "k2", "lines": [RUG]})


def _check_session(answer: Callable[..., Any], order: dict[str, Any]) -> None:
    bench, id = Practice(), order["id"]
    called = f"Called open_checkout with the order {id}"
    got = ask(called, answer, bench.client, dict(order), THANKS, CART)
    expect(
        getattr(got, "object", None) == "checkout.session",
        f"{called}, returned {type(got).__name__}, expected the Checkout Session.",
    )
    _check_lines(called, now(bench, got.id, "line_items"), order)
    _check_links(called, bench, got, id)
    twice = f"{called} twice, as a double click does"
    again = ask(twice, answer, bench.client, dict(order), THANKS, CART)
    made = len(bench.client.v1.checkout.sessions.list().data)
    expect(made == 1 and again.id == got.id, f"{twice}: there are {made} sessions, expected one.")
    expect(
        len(bench.sent("POST")) > 1,
        f"{twice}: it asked Stripe once. Variables are of one process: let the key find it.",
    )
    later = f"{called} and a new key, as after a session that has expired"
    new = ask(later, answer, bench.client, {**order, "key": "another"}, THANKS, CART)
    expect(new.id != got.id, f"{later}, returned the old session, expected a new one.")
    _check_way_back(called, bench, got, id)


def _check_lines(called: str, session: Any, order: dict[str, Any]) -> None:
    sold = [
        (line.quantity, line.description, line.price.unit_amount)
        for line in session.line_items.data
    ]
    expected = [(line["quantity"], line["name"], line["unit_price"]) for line in order["lines"]]
    expect(
        sorted(sold) == sorted(expected),
        f"{called}: the page sells {_lines(sold)}, expected {_lines(expected)}.",
    )
    expect(
        session.currency == order["currency"],
        f"{called}: the page asks for {session.currency}, expected {order['currency']}.",
    )


def _lines(sold: list[tuple[int, str, int]]) -> str:
    return ", ".join(f"{quantity} x {name} at {price}" for quantity, name, price in sold)


def _check_links(called: str, bench: Practice, session: Any, id: str) -> None:
    expect(
        session.client_reference_id == id,
        f"{called}: client_reference_id is {session.client_reference_id!r}, expected {id!r}.",
    )
    noted = session.metadata.to_dict()
    expected = {"order_id": id}
    expect(
        expected.items() <= noted.items(),
        f"{called}: the session's metadata is {noted}, expected {expected}.",
    )
    expect(
        session.cancel_url == CART,
        f"{called}: who turns back comes to {session.cancel_url}, expected {CART}.",
    )


def _check_way_back(called: str, bench: Practice, session: Any, id: str) -> None:
    came_to, expected = pay(bench, session.id), f"{THANKS}?session_id={session.id}"
    told = came_to.replace(session.id, "cs_test_…")
    wanted = expected.replace(session.id, "cs_test_…")
    expect(came_to == expected, f"{called}: who paid came to {told}, expected {wanted}.")
    noted = now(bench, session.id, "payment_intent").payment_intent.metadata.to_dict()
    expect(
        noted.get("order_id") == id,
        f"{called}: the PaymentIntent's metadata is {noted}, expected {{'order_id': {id!r}}}.",
    )


class Visit:
    """An order, its success page, and a Stripe of its own."""

    def __init__(self) -> None:
        self.bench = Practice()
        self.order = {"id": "A-17", "status": "pending"}
        self.session = session_for(self.bench, "A-17").id

    def expect(
        self, answer: Callable[..., Any], page: str, when: str, session: str | None = None
    ) -> None:
        called = f"Called success with {when}"
        before, asked = dict(self.order), len(self.bench.sent("POST"))
        opened = self.session if session is None else session
        got = ask(called, answer, self.bench.client, self.order, opened)
        expect(
            len(self.bench.sent("POST")) == asked,
            f"{called}: it sent a POST to Stripe. A page that anybody can open only looks.",
        )
        expect(
            self.order == before,
            f"{called}: the order is {self.order} afterwards, expected {before}.",
        )
        expect(got == page, f"{called}, returned {named(got)}, expected {page!r}.")


def check_success(answer: Callable[..., Any]) -> None:
    visit = Visit()
    visit.expect(answer, "pay", "a session that nobody has paid")
    pay(visit.bench, visit.session)
    visit.expect(answer, "thanks", "a session that is paid")
    visit.expect(answer, "missing", "an id that is made up", "cs_test_made_up")
    visit.expect(answer, "missing", "an empty id", "")
    foreign = session_for(visit.bench, "B-2").id
    visit.expect(answer, "missing", "an open session of another order", foreign)
    pay(visit.bench, foreign)
    visit.expect(answer, "missing", "a paid session of another order", foreign)
    nobodys = session_for(visit.bench, None).id
    visit.expect(answer, "missing", "a session that names no order", nobodys)
    visit = Visit()
    pay(visit.bench, visit.session, DEBIT)
    visit.expect(answer, "waiting", "a session whose bank debit is on its way")
    visit.bench.local.advance(5 * DAY)
    visit.expect(answer, "thanks", "the same session, when the money has come")
    visit = Visit()
    pay(visit.bench, visit.session, EMPTY)
    visit.bench.local.advance(5 * DAY)
    visit.expect(answer, "pay", "a session whose bank debit has failed")
    visit = Visit()
    visit.bench.local.advance(2 * DAY)
    visit.expect(answer, "pay", "a session that has expired")


class PaidInTheMeantime(InProcess):
    """On the way to Stripe, somebody pays what is about to be expired."""

    def __init__(self, bench: Practice) -> None:
        super().__init__(bench.local)
        self.bench = bench

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        if url.endswith("/expire"):
            pay(self.bench, url.split("/")[-2])
        return super().request(method, url, *args, **kwargs)


class Returning:
    """A customer who presses Pay again and again."""

    def __init__(self, answer: Callable[..., Any]) -> None:
        self.answer = answer
        self.bench = Practice()
        self.order: dict[str, Any] = {"id": "A-17", "amount": 3900, "key": "k1", "session": None}

    def create(self, order: dict[str, Any]) -> Any:
        return session_for(self.bench, order["id"], order["amount"], order["key"])

    def press(self, called: str, client: stripe.StripeClient | None = None) -> Any:
        client = client or self.bench.client
        return ask(called, self.answer, client, self.order, self.create)

    def open_pages(self) -> list[Any]:
        return list(self.bench.client.v1.checkout.sessions.list({"status": "open"}).data)

    def expect_page(self, when: str) -> str:
        """The session of the page that the customer is sent to: the only one, and up to date."""
        called = f"Called pay_page {when}"
        got = self.press(called)
        pages = self.open_pages()
        expect(
            len(pages) < 2,
            f"{called}: {len(pages)} pages are open and can be paid, expected one.",
        )
        expect(
            pages and got == pages[0].url,
            f"{called}, returned {self._page(got)}, expected the address of an open one.",
        )
        expect(
            pages[0].amount_total == self.order["amount"],
            f"{called}: the page asks for {pages[0].amount_total}, "
            f"expected {self.order['amount']}.",
        )
        expect(
            self.order["session"] == pages[0].id,
            f"{called}: order['session'] is not the id of the session that it was sent to.",
        )
        return str(pages[0].id)

    def expect_none(self, when: str, client: stripe.StripeClient | None = None) -> None:
        for called in (f"Called pay_page {when}", f"Called pay_page {when}, and then again"):
            got = self.press(called, client)
            expect(got is None, f"{called}, returned {self._page(got)}, expected None.")
            expect(
                not self.open_pages(),
                f"{called}: there is a page that can be paid once more.",
            )

    def _page(self, got: Any) -> str:
        """An address as a message names it."""
        if not isinstance(got, str) or not got.startswith("http"):
            return named(got)
        return f"the address of a session that is {now(self.bench, got.split('/')[-1]).status}"


def check_pay_page(answer: Callable[..., Any]) -> None:
    customer = Returning(answer)
    first = customer.expect_page("for the first time")
    again = customer.expect_page("again, as nothing has changed")
    expect(again == first, "Called pay_page again: it left an open session for another one.")
    customer.order["amount"] = 7800
    customer.expect_page("after the order has got a second lamp")
    customer.bench.client.v1.checkout.sessions.expire(customer.order["session"])
    customer.expect_page("after the shop has expired the page")
    customer.bench.local.advance(2 * DAY)
    latest = customer.expect_page("two days later")
    pay(customer.bench, latest)
    customer.expect_none("after the customer has paid")
    customer = Returning(answer)
    pay(customer.bench, customer.expect_page("for the first time"), DEBIT)
    customer.expect_none("while a bank debit is on its way")
    _check_two_clicks(Returning(answer), "first")
    customer = Returning(answer)
    customer.expect_page("for the first time")
    customer.bench.local.advance(2 * DAY)
    _check_two_clicks(customer, "later")
    _check_race(answer)


def _check_two_clicks(customer: Returning, which: str) -> None:
    """Two requests read the order before either has kept its session."""
    read = dict(customer.order)
    called = f"Called pay_page for two {which} clicks at the same moment"
    customer.press(called)
    customer.order = read
    customer.press(called)
    pages = len(customer.open_pages())
    expect(pages == 1, f"{called}: {pages} pages are open and can be paid, expected one.")


def _check_race(answer: Callable[..., Any]) -> None:
    customer = Returning(answer)
    customer.expect_page("for the first time")
    customer.order["amount"] = 7800
    client = stripe.StripeClient(SECRET_KEY, http_client=PaidInTheMeantime(customer.bench))
    customer.expect_none("while the old page is being paid in another tab", client)


def check_morning(answer: Callable[..., Any]) -> None:
    bench = Practice()
    ids = ("visa", "amex", "debit", "empty", "walked away", "yesterday")
    orders = [{"id": id, "session": session_for(bench, id).id, "status": "pending"} for id in ids]
    visa, amex, debit, empty, _, yesterday = orders
    for order in (visa, amex):
        pay(bench, order["session"], f"pm_card_{order['id']}")
    pay(bench, debit["session"], DEBIT)
    pay(bench, empty["session"], EMPTY)
    pay(bench, yesterday["session"])
    yesterday["status"] = "paid"

    cards = {"visa": "paid", "amex": "paid"}
    first = {**cards, "debit": "pending", "empty": "pending", "walked away": "pending"}
    _expect_morning(answer, bench, orders, "on the first day", ["visa", "amex"], first)
    _expect_morning(answer, bench, orders, "once more that day", [], first)
    bench.local.advance(5 * DAY)
    after = {**cards, "debit": "paid", "empty": "failed", "walked away": "failed"}
    _expect_morning(answer, bench, orders, "five days later", ["debit"], after)
    _expect_morning(answer, bench, orders, "once more on that day", [], after)


ABOUT = {
    "visa": "paid by card",
    "amex": "paid by card",
    "debit": "paid by bank debit, which takes four days",
    "empty": "a bank debit from an empty account",
    "walked away": "nobody has paid, and the page is open for a day",
    "yesterday": "paid and packed yesterday",
}


def _expect_morning(
    answer: Callable[..., Any],
    bench: Practice,
    orders: list[dict[str, str]],
    when: str,
    packed: list[str],
    statuses: dict[str, str],
) -> None:
    called = f"Called morning {when}"
    done = {order["session"]: order["id"] for order in orders if order["status"] != "pending"}
    asked = len(bench.sent())
    got = ask(called, answer, bench.client, orders)
    for order in orders:
        id, status = order["id"], order["status"]
        expected = {**statuses, "yesterday": "paid"}[id]
        told = f"{called}: the order {id!r} ({ABOUT[id]}) is {status!r}, expected {expected!r}."
        expect(status == expected, told)
    expect(got == packed, f"{called}, returned {got!r}, expected {packed!r}.")
    sent = [call.path.split("/")[-1] for call in bench.sent()[asked:]]
    for session, id in done.items():
        expect(session not in sent, f"{called}: it asked about {id!r}, which is done.")


OPEN = solution_of("open_checkout", __file__)
SUCCESS = solution_of("success", __file__)
PAY_PAGE = solution_of("pay_page", __file__)
MORNING = solution_of("morning", __file__)

PLACEHOLDER = ' + "?session_id={CHECKOUT_SESSION_ID}"'
CREATED = "client.v1.checkout.sessions.create(params=params, options=options)"
CACHED = """if order["key"] not in CACHE:
        CACHE[order["key"]] = client.v1.checkout.sessions.create(params=params)
    return CACHE[order["key"]]"""
OTHERS = 'session.client_reference_id != order["id"]'
UNDONE = 'session.status != "complete"'
PAID = 'session.payment_status == "paid"'
WAITING = '"waiting" if session.payment_intent.status == "processing" else "pay"'
SAME = 'last.amount_total == order["amount"]'
COMPLETE = 'last.status == "complete"'
EXPIRED = "client.v1.checkout.sessions.expire(last.id)"
NEW_KEY = 'order["key"] = last.id'
FORGET = 'order["session"] = None'
RANDOM = 'str(__import__("uuid").uuid4())'
FAILED = 'case "complete", _ if session.payment_intent.status != "processing":'

EXERCISES = (
    Exercise(
        "7.1",
        "Turn an order into a session",
        answer="open_checkout",
        check=check_open_checkout,
        hints=(
            "One call of client.v1.checkout.sessions.create. The lesson has all of its parts: "
            "line_items, named, back, and the options of to_checkout.",
            "A list comprehension over order['lines'] makes the line items: a quantity, and "
            "price_data with currency, unit_amount and product_data. The placeholder is text: "
            "thanks_url + '?session_id={CHECKOUT_SESSION_ID}', not an f-string.",
            "params has mode, line_items, client_reference_id, metadata, payment_intent_data "
            "({'metadata': …}), success_url and cancel_url. Then return "
            "client.v1.checkout.sessions.create(params=params, "
            "options={'idempotency_key': order['key']}).",
        ),
        wrong=(
            Wrong(
                OPEN.but('line["unit_price"]', 'line["unit_price"] * line["quantity"]'),
                "3 x Chair at 17850, expected 1 x Desk lamp at 3900, 3 x Chair at 5950",
            ),
            Wrong(
                OPEN.but('order["currency"]', '"usd"'),
                "the page asks for usd, expected eur",
            ),
            Wrong(
                OPEN.but('"client_reference_id": order["id"],', ""),
                "client_reference_id is None, expected 'A-17'",
            ),
            Wrong(
                OPEN.but('"payment_intent_data": {"metadata": about},', ""),
                "the PaymentIntent's metadata is {}, expected {'order_id': 'A-17'}",
            ),
            Wrong(
                OPEN.but(PLACEHOLDER, ' + "?session_id=%7BCHECKOUT_SESSION_ID%7D"'),
                "who paid came to https://oak.example/thanks?session_id=%7BCHECKOUT_SESSION_ID%7D",
            ),
            Wrong(
                OPEN.but(PLACEHOLDER, ""),
                "who paid came to https://oak.example/thanks, expected",
            ),
            Wrong(
                OPEN.but(", options=options", ""),
                "as a double click does: there are 2 sessions, expected one",
            ),
            Wrong(
                OPEN.but("return " + CREATED, CACHED) + "\nCACHE = {}\n",
                "as a double click does: it asked Stripe once",
            ),
            Wrong(
                OPEN.but('thanks_url + "', '"https://shop.example/thanks'),
                "who paid came to https://shop.example/thanks?session_id=cs_test_…, expected",
            ),
            Wrong(
                OPEN.but('order["key"]', 'order["id"]'),
                "as after a session that has expired, returned the old session, expected a new one",
            ),
            Wrong(
                OPEN.but("options=options)", "options=options).url"),
                "returned str, expected the Checkout Session",
            ),
        ),
        right=(OPEN.but('{"order_id": order["id"]}', '{"order_id": order["id"], "shop": "Oak"}'),),
    ),
    Exercise(
        "7.2",
        "Break it, then fix it: the success page",
        answer="success",
        check=check_success,
        hints=(
            "Retrieve the session, then go through the table from its last row to its first.",
            "stripe.InvalidRequestError says that there is no such session. `status` tells whether "
            "the customer is done, `payment_status` whether the money came. Whether it may still "
            "come, the PaymentIntent tells: retrieve(…, params={'expand': ['payment_intent']}).",
            "try: session = …retrieve(…); except stripe.InvalidRequestError: return 'missing'. If "
            "client_reference_id is another one: 'missing'. If session.status != 'complete': "
            "'pay'. If session.payment_status == 'paid': 'thanks'. Then 'waiting' if "
            "session.payment_intent.status == 'processing' else 'pay'.",
        ),
        wrong=(
            Wrong(
                SUCCESS.but(UNDONE, "False").but(PAID, "True"),
                "a session that nobody has paid, returned 'thanks', expected 'pay'",
            ),
            Wrong(
                SUCCESS.but('return "thanks"', "return session"),
                "a session that is paid, returned a Session of Stripe's, expected 'thanks'",
            ),
            Wrong(
                SUCCESS.but(UNDONE, 'session.payment_status != "paid"'),
                "bank debit is on its way, returned 'pay', expected 'waiting'",
            ),
            Wrong(
                SUCCESS.but(UNDONE, "False").but(WAITING, '"waiting"'),
                "a session that nobody has paid, returned 'waiting', expected 'pay'",
            ),
            Wrong(
                SUCCESS.but(PAID, "True"),
                "bank debit is on its way, returned 'thanks', expected 'waiting'",
            ),
            Wrong(
                SUCCESS.but(WAITING, '"waiting"'),
                "a session whose bank debit has failed, returned 'waiting', expected 'pay'",
            ),
            Wrong(
                SUCCESS.but(", params=whole", ""),
                "AttributeError: 'str' object has no attribute 'status'",
            ),
            Wrong(
                SUCCESS.but(
                    f"if {UNDONE}:",
                    f"order['status'] = 'paid' if {PAID} else 'pending'\n    if {UNDONE}:",
                ),
                "the order is {'id': 'A-17', 'status': 'paid'} afterwards",
            ),
            Wrong(
                SUCCESS.but("stripe.InvalidRequestError", "KeyError"),
                "an id that is made up, it raised InvalidRequestError",
            ),
            Wrong(
                SUCCESS.but(OTHERS, "False"),
                "an open session of another order, returned 'pay', expected 'missing'",
            ),
            Wrong(
                SUCCESS.but(OTHERS, f"session.client_reference_id and {OTHERS}"),
                "a session that names no order, returned 'pay', expected 'missing'",
            ),
            Wrong(
                SUCCESS.but(
                    f"if {UNDONE}:",
                    "if session.status == 'open': client.v1.checkout.sessions.expire(session.id)\n"
                    f"    if {UNDONE}:",
                ),
                "it sent a POST to Stripe. A page that anybody can open only looks",
            ),
        ),
    ),
    Exercise(
        "7.3",
        "Cancel and come back",
        answer="pay_page",
        check=check_pay_page,
        hints=(
            "Ask about the last session first, if there is one. Two rows of the table end there; "
            "all others end with a new session.",
            "complete: return None. open and the same amount: return its url. open and another "
            "amount: client.v1.checkout.sessions.expire(last.id), in a try. A new key before each "
            "new session but the first.",
            "if order['session']: last = …retrieve(order['session']); the rows; then "
            "order['key'] = last.id. Below the if, for every way that gets there: "
            "session = create(order); order['session'] = session.id; return session.url.",
        ),
        wrong=(
            Wrong(
                PAY_PAGE.but(SAME, "False").but(EXPIRED, "pass"),
                "again, as nothing has changed: 2 pages are open and can be paid, expected one",
            ),
            Wrong(
                PAY_PAGE.but(SAME, "False"),
                "it left an open session for another one",
            ),
            Wrong(
                PAY_PAGE.but(SAME, "True"),
                "a second lamp: the page asks for 3900, expected 7800",
            ),
            Wrong(
                PAY_PAGE.but(EXPIRED, "pass"),
                "a second lamp: 2 pages are open and can be paid, expected one",
            ),
            Wrong(
                PAY_PAGE.but(NEW_KEY, f"if last.status == 'open':\n            {NEW_KEY}"),
                "the shop has expired the page, returned the address of a session that is expired",
            ),
            Wrong(
                PAY_PAGE.but(NEW_KEY, "pass"),
                "a second lamp, it raised IdempotencyError",
            ),
            Wrong(
                PAY_PAGE.but(COMPLETE, "False"),
                "after the customer has paid, returned the address of a session that is open",
            ),
            Wrong(
                PAY_PAGE.but(COMPLETE, f"{COMPLETE} and last.payment_status == 'paid'"),
                "while a bank debit is on its way, returned the address of a session that is open",
            ),
            Wrong(
                PAY_PAGE.but(f"if {COMPLETE}:", f"if {COMPLETE}:\n            {FORGET}"),
                "after the customer has paid, and then again, returned the address of a session",
            ),
            Wrong(
                PAY_PAGE.but("except stripe.InvalidRequestError", "except stripe.CardError"),
                "while the old page is being paid in another tab, it raised InvalidRequestError",
            ),
            Wrong(
                PAY_PAGE.but("create(order)", f"create(order | dict(key={RANDOM}))"),
                "two first clicks at the same moment: 2 pages are open and can be paid",
            ),
            Wrong(
                PAY_PAGE.but("= last.id", f"= {RANDOM}"),
                "two later clicks at the same moment: 2 pages are open and can be paid",
            ),
            Wrong(
                PAY_PAGE.but('order["session"] = session.id', "pass"),
                "order['session'] is not the id",
            ),
        ),
        right=(PAY_PAGE.but(NEW_KEY, "order['key'] += ' again'"),),
    ),
    Exercise(
        "7.4",
        "Wait for those who pay tomorrow",
        answer="morning",
        check=check_morning,
        hints=(
            "Skip what is not pending. For the rest, one question to Stripe answers every row, if "
            "you expand the right field.",
            "retrieve(order['session'], params={'expand': ['payment_intent']}). An open session "
            "may have no PaymentIntent, so look at it only where the session is complete.",
            "match session.status, session.payment_status: case 'complete', 'paid': …append; case "
            "'complete', _ if session.payment_intent.status != 'processing': 'failed'; case "
            "'expired', _: 'failed'. Nothing else changes.",
        ),
        wrong=(
            Wrong(
                MORNING.but('case "complete", "paid":', 'case "complete", _:'),
                "the order 'debit' (paid by bank debit, which takes four days) is 'paid', "
                "expected 'pending'",
            ),
            Wrong(
                MORNING.but(FAILED, 'case "complete", _:'),
                "the order 'debit' (paid by bank debit, which takes four days) is 'failed', "
                "expected 'pending'",
            ),
            Wrong(
                MORNING.but(FAILED, 'case _, "unpaid":'),
                "is 'failed', expected 'pending'",
            ),
            Wrong(
                MORNING.but(FAILED, 'case "complete", "failed":'),
                "the order 'empty' (a bank debit from an empty account) is 'pending', expected "
                "'failed'",
            ),
            Wrong(
                MORNING.but('case "expired", _:', 'case "expired", _ if session.payment_intent:'),
                "the order 'walked away' (nobody has paid, and the page is open for a day) is "
                "'pending', expected 'failed'",
            ),
            Wrong(
                MORNING.but('order["status"] != "pending"', "False"),
                "on the first day, returned ['visa', 'amex', 'yesterday'], expected ['visa', 'amex']",
            ),
            Wrong(
                MORNING.but("return packed", "return sorted(packed)"),
                "on the first day, returned ['amex', 'visa'], expected ['visa', 'amex']",
            ),
            Wrong(
                MORNING.but('!= "pending"', '== "failed"'),
                "returned ['visa', 'amex', 'yesterday'], expected ['visa', 'amex']",
            ),
        ),
    ),
)
