"""Checks for chapter 00: a first payment, its answer, and the keys."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import stripe

from classroom.exercise import Exercise, Wrong, expect
from local_stripe import SECRET_KEY, LocalStripe
from local_stripe.transport import InProcess

CARDS_ONLY = {"currency": "usd", "allowed_payment_method_types": ["card"]}


def check_pay_in_euros(pay_in_euros) -> None:
    client = fresh_client()
    for euros in (60, 1, 1999):
        payment = pay_in_euros(client, euros)
        called = f"Called pay_in_euros(client, {euros})"
        expect(
            isinstance(payment, stripe.PaymentIntent),
            f"{called}, returned {payment!r}, expected a PaymentIntent.",
        )
        expect(
            payment.currency == "eur",
            f'{called}, the currency is "{payment.currency}", expected "eur".',
        )
        expect(
            payment.amount == euros * 100,
            f"{called}, the amount is {payment.amount}, expected {euros * 100}: "
            "Stripe counts in cents.",
        )
        expect(
            payment.status == "succeeded",
            f'{called}, the status is "{payment.status}", expected "succeeded". '
            "Which part of the call says: do it now?",
        )
        expect(
            payment.payment_method_types == ["card"],
            f"{called}, the payment allows {payment.payment_method_types}, expected cards only.",
        )


def check_describe(describe) -> None:
    client = fresh_client()
    paid = client.v1.payment_intents.create(
        {
            **CARDS_ONLY,
            "amount": 3900,
            "payment_method": "pm_card_visa",
            "confirm": True,
            "metadata": {"order": "A-17"},
        }
    )
    open_ = client.v1.payment_intents.create({**CARDS_ONLY, "amount": 999})
    for name, payment, done, order in (
        ("a paid payment of order A-17", paid, True, "A-17"),
        ("an unpaid payment without metadata", open_, False, None),
    ):
        called = f"Called describe with {name}"
        with noted(called):
            answer = describe(payment)
        expect(
            type(answer) is dict,
            f"{called}, returned a {type(answer).__name__}, expected a dictionary.",
        )
        expected = {
            "paid": done,
            "amount": payment.amount,
            "order": order,
            "request": payment.last_response.request_id,
        }
        for key, value in expected.items():
            expect(key in answer, f'{called}, "{key}" is missing from the answer.')
            expect(
                answer[key] == value and type(answer[key]) is type(value),
                f'{called}, "{key}" is {answer[key]!r}, expected {value!r}.',
            )
        extra = sorted(answer.keys() - expected.keys())
        expect(not extra, f"{called}, the answer has more than asked for: {', '.join(extra)}.")


def check_usable_key(usable_key) -> None:
    for key in ("sk_test_example", "rk_test_example", "sk_test_exampleOlive_live_sk"):
        called = f'Called usable_key("{key}")'
        expected = (
            "expected the key itself: "
            "its first eight letters say that it is a test key for a server."
        )
        try:
            with noted(called):
                answer = usable_key(key)
        except ValueError:
            expect(False, f"{called}, it raised ValueError, {expected}")
        else:
            expect(answer == key, f"{called}, returned {answer!r}, {expected}")
    for key, kind in (
        ("sk_live_example", "a live secret key"),
        ("rk_live_example", "a live restricted key"),
        ("pk_test_example", "a publishable key, which is for pages"),
        ("whsec_example", "a webhook secret"),
        ("", "no key at all"),
        ("my sk_test_example", "no key of Stripe's: it only contains one"),
    ):
        called = f'Called usable_key("{key}")'
        try:
            with noted(called):
                answer = usable_key(key)
        except ValueError as error:
            expect(
                not key or key not in str(error),
                f'The message for "{key}" repeats the key: it would end up in a log.',
            )
        else:
            expect(
                False,
                f"{called}, returned {answer!r}, expected a ValueError: it is {kind}.",
            )


def check_take_payment(take_payment) -> None:
    client = fresh_client()
    answer = take_payment(client, 3900, "pm_card_visa")
    called = 'Called take_payment(client, 3900, "pm_card_visa")'
    expect(
        type(answer) is dict and answer.get("ok") is True,
        f"{called}, returned {answer!r}, expected a dictionary with ok True.",
    )
    (payment,) = client.v1.payment_intents.list().data
    expect(
        answer.get("id") == payment.id,
        f'{called}, "id" is {answer.get("id")!r}, expected the id of the payment.',
    )
    log = answer.get("log")
    expect(isinstance(log, str), f'{called}, "log" is a {type(log).__name__}, expected JSON text.')
    try:
        logged = json.loads(log)
    except ValueError:
        logged = None
    expect(
        isinstance(logged, dict) and logged.get("amount") == 3900,
        f'{called}, "log" is not the payment as a JSON object: {log[:40]!r}…',
    )
    declined = take_payment(client, 3900, "pm_card_visa_chargeDeclined")
    expect(
        declined == {"ok": False, "message": "Your card was declined."},
        f"Called it with a card that is declined, returned {declined!r}, "
        'expected {"ok": False, "message": "Your card was declined."}.',
    )


@contextmanager
def noted(called: str) -> Iterator[None]:
    """Let an exception of the answer say for which call it came."""
    try:
        yield
    except Exception as error:
        error.add_note(f"{called}.")
        raise


def fresh_client() -> stripe.StripeClient:
    """A client with a Stripe of its own, in which nothing has happened yet."""
    return stripe.StripeClient(SECRET_KEY, http_client=InProcess(LocalStripe()))


def pay_in_euros_with(**params: object) -> str:
    """The source of an answer to 0.1; `params` are Python expressions, None leaves one out."""
    right = {
        "amount": "euros * 100",
        "currency": '"eur"',
        "payment_method": '"pm_card_visa"',
        "confirm": "True",
        "allowed_payment_method_types": '["card"]',
    }
    body = ", ".join(f'"{key}": {code}' for key, code in (right | params).items() if code)
    return f"def pay_in_euros(client, euros):\n    return client.v1.payment_intents.create(params={{{body}}})"


MODERN = """\
import json
import stripe
def take_payment(client, amount, card):
    try:
        payment = client.v1.payment_intents.create(params={
            "amount": amount, "currency": "usd", "payment_method": card, "confirm": True,
            "allowed_payment_method_types": ["card"],
        })
    except stripe.CardError as error:
        return {"ok": False, "message": error.user_message}
    return {"ok": True, "id": payment.id, "log": json.dumps(payment.to_dict())}
"""

EXERCISES = (
    Exercise(
        "0.1",
        "Take a payment in euros",
        answer="pay_in_euros",
        check=check_pay_in_euros,
        hints=(
            "Start from the lesson's first payment. Two of its values change.",
            'One euro is 100 cents, and the currency is "eur".',
            'The call is client.v1.payment_intents.create(params={"amount": euros * 100, …}). '
            'Keep "confirm" and the allowed types as they are, and return what the call returns.',
        ),
        wrong=(
            Wrong(pay_in_euros_with(amount="euros"), "expected 6000: Stripe counts in cents"),
            Wrong(pay_in_euros_with(currency='"usd"'), 'the currency is "usd", expected "eur"'),
            Wrong(pay_in_euros_with(confirm=None), "Which part of the call says: do it now?"),
            Wrong(
                pay_in_euros_with().replace("return client", "client"),
                "returned None, expected a PaymentIntent",
            ),
        ),
    ),
    Exercise(
        "0.2",
        "Read a response",
        answer="describe",
        check=check_describe,
        hints=(
            "Fields are attributes. The status of a paid payment has one certain value.",
            "The metadata may have no order. You know two ways to ask: `in`, or a dictionary "
            "made by .to_dict(), which has .get().",
            '"paid" is payment.status == "succeeded", "order" is '
            'payment.metadata.to_dict().get("order"), and the request id is '
            "payment.last_response.request_id.",
        ),
        wrong=(
            Wrong(
                """\
def describe(payment):
    return {
        "paid": payment.status == "succeeded", "amount": payment.amount,
        "order": payment.metadata.get("order"), "request": payment.last_response.request_id,
    }
""",
                "'get' is a dict method",
            ),
            Wrong(
                """\
def describe(payment):
    return {
        "paid": payment.status == "succeeded", "amount": payment.amount,
        "order": payment.metadata["order"], "request": payment.last_response.request_id,
    }
""",
                "KeyError: 'order'\nCalled describe with an unpaid payment without metadata.",
            ),
            Wrong(
                """\
def describe(payment):
    order = payment.metadata["order"] if "order" in payment.metadata else None
    return {
        "paid": payment.status, "amount": payment.amount,
        "order": order, "request": payment.last_response.request_id,
    }
""",
                "\"paid\" is 'succeeded', expected True",
            ),
            Wrong(
                """\
def describe(payment):
    order = payment.metadata["order"] if "order" in payment.metadata else None
    return {
        "paid": payment.status == "succeeded", "amount": payment.amount,
        "order": order, "request": payment.id,
    }
""",
                '"request" is \'pi_',
            ),
        ),
    ),
    Exercise(
        "0.3",
        "Refuse a live key",
        answer="usable_key",
        check=check_usable_key,
        hints=(
            "It is shorter to say which keys are allowed than which are not.",
            "The first eight letters decide, and str.startswith takes a tuple.",
            'if not key.startswith(("sk_test_", "rk_test_")): raise ValueError with a message '
            "that does not contain the key. Otherwise return it.",
        ),
        wrong=(
            Wrong(
                """\
def usable_key(key):
    if key[0] in "sr" and key[1:].startswith("k_test_"):
        return key
    raise ValueError("not a test key")
""",
                'Called usable_key("").',
            ),
            Wrong(
                """\
def usable_key(key):
    if key.startswith("sk_live_"):
        raise ValueError("a live key")
    return key
""",
                "it is a live restricted key",
            ),
            Wrong(
                """\
def usable_key(key):
    if "live" in key or not key.startswith(("sk_", "rk_")):
        raise ValueError("not a test key")
    return key
""",
                "its first eight letters say that it is a test key",
            ),
            Wrong(
                """\
def usable_key(key):
    if "sk_test_" not in key and "rk_test_" not in key:
        raise ValueError("not a test key")
    return key
""",
                "it only contains one",
            ),
            Wrong(
                """\
def usable_key(key):
    if not key.startswith(("sk_test_", "rk_test_")):
        raise ValueError(f"{key} is not a test key")
    return key
""",
                "repeats the key",
            ),
        ),
    ),
    Exercise(
        "0.4",
        "An old tutorial",
        answer="take_payment",
        check=check_take_payment,
        hints=(
            "Read the message of the failure: it names what is missing. Mend that, run again.",
            "Exceptions live in `stripe` itself. A payment has attributes. json wants a dictionary.",
            "Delete the import, catch stripe.CardError, use payment.id and "
            "json.dumps(payment.to_dict()).",
        ),
        wrong=(
            Wrong(
                MODERN.replace("    try:", "    from stripe.error import CardError\n    try:"),
                "No module named 'stripe.error'",
            ),
            Wrong(MODERN.replace("payment.id", 'payment.get("id")'), "'get' is a dict method"),
            Wrong(MODERN.replace("payment.to_dict()", "payment"), "not JSON serializable"),
            Wrong(
                MODERN.replace("json.dumps(payment.to_dict())", "str(payment.to_dict())"),
                "not the payment as a JSON object",
            ),
            Wrong(MODERN.replace("stripe.CardError", "ValueError"), "Your card was declined."),
        ),
    ),
)
