"""Checks for chapter 01: what a token is for, and what must not reach the server."""

from collections.abc import Callable

import stripe
from flask import Flask

from classroom.exercise import Exercise, Wrong, expect
from local_stripe import PUBLISHABLE_KEY, SECRET_KEY, LocalStripe
from local_stripe.transport import InProcess

CARD = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2030, "cvc": "123"}
REASONS = {
    "a": "it has arrived there, and so it can be logged, whatever your code does with it",
    "b": "a token is made to be sent to your server",
    "c": "the CVC may never be stored, and must not even arrive",
    "d": "what Stripe's answers show is meant for receipts",
    "e": "your own script must read it first, and so can every other script of the page",
    "f": "an id is a name, and says nothing about the number",
    "g": "a message holds no card details",
    "h": "a night in a log is long enough to be read, and to be copied into a backup",
}
ALLOWED = {"b", "d", "f", "g"}


def check_make_app(make_app) -> None:
    client = fresh_client()
    app = make_app(client)
    expect(isinstance(app, Flask), f"make_app(client) returned {app!r}, expected the Flask app.")
    app.testing = True  # so that an exception reaches the learner
    browser = app.test_client()

    paid = browser.post("/pay", data={"token": token_from_a_page(client), "amount": "100"})
    payments = client.v1.payment_intents.list().data
    expect(
        [payment.status for payment in payments] == ["succeeded"],
        f"Posted a good token, the answer is {paid.status_code}, and Stripe has {said(payments)}, "
        "expected one that succeeded."
        + (" A form's fields are in request.form." if paid.status_code == 415 else ""),
    )
    expect(
        (payments[0].amount, payments[0].currency) == (3900, "usd"),
        f"Posted a good token, and {payments[0].amount} {payments[0].currency} were taken, "
        "expected 3900 usd. The price is the shop's to say.",
    )
    expect(
        (paid.status_code, paid.text) == (200, "Thank you"),
        f'Posted a good token, the answer is {paid.status_code} "{paid.text}", '
        'expected 200 "Thank you".',
    )

    try:
        declined = browser.post("/pay", data={"token": "tok_chargeDeclined"})
    except stripe.CardError as error:
        error.add_note("Posted a token whose card is declined, expected an answer with status 402.")
        raise
    expect(
        (declined.status_code, declined.text) == (402, "Your card was declined."),
        f"Posted a token whose card is declined, the answer is {declined.status_code} "
        f'"{declined.text}", expected 402 "Your card was declined."',
    )
    empty = browser.post("/pay", data={})
    expect(
        empty.status_code == 400,
        f"Posted a form without a token, the status is {empty.status_code}, expected 400.",
    )


def check_may_reach_my_server(answer) -> None:
    expect(
        isinstance(answer, set | frozenset | list | tuple),
        f'The answer is {answer!r}, expected a set of letters such as {{"a", "b"}}.',
    )
    for letter in answer:
        expect(letter in REASONS, f'There is no "{letter}" in the list.')
        expect(letter in ALLOWED, f'"{letter}" must not reach your server: {REASONS[letter]}.')
    for letter in sorted(ALLOWED):
        expect(letter in answer, f'"{letter}" may reach your server: {REASONS[letter]}.')


def check_pay_and_save(pay_and_save) -> None:
    client = fresh_client()
    for amount in (3900, 999):
        payment = pay_and_save(client, token_from_a_page(client), amount)
        called = f"Called pay_and_save with a token from a page and {amount}"
        expect(
            isinstance(payment, stripe.PaymentIntent),
            f"{called}, returned {payment!r}, expected the PaymentIntent.",
        )
        expect(
            (payment.status, payment.amount) == ("succeeded", amount),
            f'{called}, the payment of {payment.amount} is "{payment.status}", '
            f'expected {amount} and "succeeded".',
        )
        expect(
            payment.customer is not None,
            f"{called}, the payment belongs to no customer: the card is not saved with it.",
        )
        saved = client.v1.payment_methods.list({"customer": payment.customer}).data
        expect(
            [method.id for method in saved] == [payment.payment_method],
            f"{called}, the customer has {len(saved)} saved cards, "
            "expected one: the card that paid.",
        )


def check_take(take) -> None:
    client = fresh_client()
    for token, amount, currency, description in (
        (token_from_a_page(client), 3900, "usd", "1x Desk lamp"),
        (token_from_a_page(client), 17850, "eur", "3x Chair"),
    ):
        answer = take(client, token, amount, currency, description)
        called = f'Called take(client, "tok_…", {amount}, "{currency}", "{description}")'
        payments = client.v1.payment_intents.list().data
        expect(
            payments and payments[0].status == "succeeded",
            f"{called}, and Stripe has {said(payments)}, expected one that succeeded.",
        )
        expect(answer is True, f"{called}, returned {answer!r}, expected True.")
        got = {name: payments[0][name] for name in ("amount", "currency", "description")}
        wanted = {"amount": amount, "currency": currency, "description": description}
        expect(got == wanted, f"{called}, the payment has {got}, expected {wanted}.")

    asked = take(client, "tok_threeDSecure2Required", 3900, "usd", "1x Desk lamp")
    expect(
        asked is False,
        f"Called take with a card whose bank wants to ask the customer, returned {asked!r}, "
        "expected False: no money was taken yet.",
    )
    try:
        answer = take(client, "tok_chargeDeclined", 3900, "usd", "1x Desk lamp")
    except stripe.CardError:
        return
    expect(
        False,
        f"Called take with a card that is declined, returned {answer!r}, "
        "expected it to raise stripe.CardError.",
    )


def fresh_client() -> stripe.StripeClient:
    """A client with a Stripe of its own, in which nothing has happened yet."""
    return stripe.StripeClient(SECRET_KEY, http_client=InProcess(LocalStripe()))


def token_from_a_page(client: stripe.StripeClient) -> str:
    """A token as Stripe.js makes one: good for one use, as `tok_visa` is not."""
    return client.v1.tokens.create({"card": CARD}, {"api_key": PUBLISHABLE_KEY}).id


def said(payments: list[stripe.PaymentIntent]) -> str:
    """What there is, for a message: no payment, or the status of each."""
    statuses = ", ".join(payment.status for payment in payments)
    return f"these payments: {statuses}" if payments else "no payment"


MAKE_APP = """\
import stripe
from flask import Flask, request
def make_app(client):
    app = Flask("lamp")
    @app.post("/pay")
    def pay():
        card = {"token": request.form["token"]}
        method = client.v1.payment_methods.create(params={"type": "card", "card": card})
        try:
            client.v1.payment_intents.create(params={
                "amount": 3900, "currency": "usd", "payment_method": method.id, "confirm": True,
                "allowed_payment_method_types": ["card"],
            })
        except stripe.CardError as error:
            return error.user_message, 402
        return "Thank you"
    return app
"""

PAY_AND_SAVE = """\
def pay_and_save(client, token, amount):
    card = {"type": "card", "card": {"token": token}}
    customer = client.v1.customers.create()
    method = client.v1.payment_methods.create(params=card)
    client.v1.payment_methods.attach(method.id, params={"customer": customer.id})
    return client.v1.payment_intents.create(params={
        "amount": amount, "currency": "usd", "customer": customer.id,
        "payment_method": method.id, "confirm": True, "allowed_payment_method_types": ["card"],
    })
"""

TAKE = """\
def take(client, token, amount, currency, description):
    method = client.v1.payment_methods.create(params={"type": "card", "card": {"token": token}})
    payment = client.v1.payment_intents.create(params={
        "amount": amount, "currency": currency, "description": description,
        "payment_method": method.id, "confirm": True, "allowed_payment_method_types": ["card"],
    })
    return payment.status == "succeeded"
"""


def wrong(right: str) -> Callable[[str, str, str], Wrong]:
    """A maker of wrong answers: the right one with a part replaced, and the message it must get."""
    return lambda old, new, message: Wrong(right.replace(old, new), message)


wrong_app, wrong_save, wrong_take = wrong(MAKE_APP), wrong(PAY_AND_SAVE), wrong(TAKE)

EXERCISES = (
    Exercise(
        "1.1",
        "Receive the form",
        answer="make_app",
        check=check_make_app,
        hints=(
            "Three steps: read the field, make the PaymentMethod, make the PaymentIntent. The "
            "lesson has each of them.",
            'request.form["token"] answers 400 by itself when there is no such field. '
            "Only the PaymentIntent can be declined: put `try` around it.",
            'The PaymentMethod: client.v1.payment_methods.create(params={"type": "card", '
            '"card": {"token": request.form["token"]}}). In `except stripe.CardError as error`, '
            "return error.user_message, 402.",
        ),
        wrong=(
            wrong_app("method.id", 'request.form["token"]', "No such PaymentMethod"),
            wrong_app('"amount": 3900', '"amount": request.form["amount"]', "shop's to say"),
            wrong_app("error.user_message, 402", "error.user_message", "expected 402"),
            wrong_app("error.user_message, 402", "str(error), 402", "declined, the answer is 402"),
            wrong_app('request.form["token"]', 'request.form.get("token")', "Your code raised"),
            wrong_app("stripe.CardError", "ValueError", "Posted a token whose card is declined"),
            wrong_app("request.form", "request.get_json()", "A form's fields are in request.form"),
            wrong_app('"confirm": True,', "", "these payments: requires_confirmation"),
        ),
    ),
    Exercise(
        "1.2",
        "Say what may reach your server",
        answer="may_reach_my_server",
        check=check_may_reach_my_server,
        hints=(
            "Ask of each one: could somebody who reads it pay with the card elsewhere?",
            "It does not matter what your server does with a card number. It matters whether it "
            "arrives.",
            "Four of the eight may: the token, what Stripe's answers show, an id, a message.",
        ),
        wrong=(
            Wrong('may_reach_my_server = {"a", "b", "d", "f", "g"}', "it can be logged"),
            Wrong('may_reach_my_server = {"b", "d", "e", "f", "g"}', "every other script"),
            Wrong('may_reach_my_server = {"b", "f", "g"}', "meant for receipts"),
            Wrong('may_reach_my_server = {"b", "c", "d", "f", "g"}', "the CVC may never"),
            Wrong("may_reach_my_server = set()", "made to be sent to your server"),
        ),
    ),
    Exercise(
        "1.3",
        "A token used twice",
        answer="pay_and_save",
        check=check_pay_and_save,
        hints=(
            "How many times does the function send the token to Stripe?",
            "A PaymentMethod can be attached and can pay as well. You need one of them.",
            "Delete the second payment_methods.create, pay with the one that you attached, and "
            'add "customer": customer.id to the PaymentIntent.',
        ),
        wrong=(
            wrong_save(
                "    return client",
                "    method = client.v1.payment_methods.create(params=card)\n    return client",
                "You cannot use a Stripe token more than once",
            ),
            wrong_save('"customer": customer.id,\n', "\n", "Please include the Customer"),
            wrong_save(
                '    client.v1.payment_methods.attach(method.id, params={"customer": customer.id})\n',
                "",
                "the customer has 0 saved cards",
            ),
            wrong_save("return client", "client", "expected the PaymentIntent"),
        ),
    ),
    Exercise(
        "1.4",
        "Translate a token charge",
        answer="take",
        check=check_take,
        hints=(
            "`source` becomes a PaymentMethod of its own. Amount, currency and description stay.",
            "A PaymentIntent has no `paid`. Its status says whether the money was taken.",
            "Make the PaymentMethod from the token, make the PaymentIntent with its id, the "
            'description, "confirm" and the allowed types, and return '
            'payment.status == "succeeded".',
        ),
        wrong=(
            wrong_take('payment.status == "succeeded"', "True", "no money was taken yet"),
            wrong_take('payment.status == "succeeded"', "payment.paid", "Your code raised"),
            wrong_take('"description": description,', "", "'description': None"),
            wrong_take("method.id", "token", "No such PaymentMethod"),
            wrong_take(
                '"payment_method": method.id',
                '"source": token',
                "Received unknown parameter: source",
            ),
        ),
    ),
)
