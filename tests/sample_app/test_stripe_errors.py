"""Each class of the SDK's errors has its meaning, for the customer and for the log."""

import logging

import pytest
import stripe

from sample_app.declines import MESSAGES, UNSAID
from sample_app.stripe_errors import MEANINGS, meaning_of
from tests.sample_app.conftest import build

# What a constructor wants besides the message.
MORE = {
    stripe.CardError: (None, "card_declined"),
    stripe.InvalidRequestError: (None,),
    stripe.SignatureVerificationError: ("t=1",),
}
# What only Stripe and the shop may know.
INTERNAL = "No such customer: cus_1; ada@example.com, sk_test_localKey"


def classes(parent=stripe.StripeError):
    return [parent, *(each for child in parent.__subclasses__() for each in classes(child))]


def made(kind):
    return kind(INTERNAL, *MORE.get(kind, ()))


SDKS = [kind for kind in classes() if kind.__module__ == "stripe._error"]
CONSTRUCTED = [kind for kind in SDKS if kind.__name__ != "StripeErrorWithParamCode"]


@pytest.fixture(scope="module")
def failing():
    """A shop on which every kind of error has an address, for programs and for people."""
    app = build("sqlite://")

    def fail(name):
        raise made(getattr(stripe, name))

    app.add_url_rule("/orders/failing/<name>", "for_programs", fail)
    app.add_url_rule("/failing/<name>", "for_people", fail)
    return app.test_client()


@pytest.mark.parametrize("kind", CONSTRUCTED)
def test_a_program_gets_json_with_the_status_of_the_table(failing, kind):
    response = failing.get(f"/orders/failing/{kind.__name__}")
    meaning = meaning_of(made(kind))
    assert response.status_code == response.json["code"] == meaning.status
    assert response.json["message"] == meaning.message
    assert ("Retry-After" in response.headers) == meaning.retry


@pytest.mark.parametrize("kind", CONSTRUCTED)
def test_a_person_gets_a_page_and_none_of_stripes_words(failing, kind):
    response = failing.get(f"/failing/{kind.__name__}")
    assert response.status_code == meaning_of(made(kind)).status
    assert response.mimetype == "text/html"
    assert not [word for word in INTERNAL.split() if len(word) > 8 and word in response.text]


@pytest.mark.parametrize("kind", MEANINGS)
def test_each_row_is_of_a_class_that_the_sdk_raises(kind):
    assert kind in SDKS


@pytest.mark.parametrize(
    ("kind", "nearest"),
    [
        (stripe.InsufficientFundsError, stripe.StripeError),
        (type("ErrorOfTomorrow", (stripe.RateLimitError,), {}), stripe.RateLimitError),
    ],
)
def test_a_class_without_a_row_shares_that_of_the_nearest(kind, nearest):
    assert meaning_of(made(kind)) is MEANINGS[nearest]


def test_what_passes_is_worth_another_try_and_no_alarm():
    passing = {kind for kind, meaning in MEANINGS.items() if meaning.retry}
    assert passing == {stripe.APIConnectionError, stripe.RateLimitError, stripe.APIError}
    assert {MEANINGS[kind].level for kind in passing} == {logging.WARNING}


def test_a_key_that_does_not_work_is_an_alarm():
    assert meaning_of(made(stripe.AuthenticationError)).level == logging.CRITICAL


@pytest.mark.parametrize(
    ("decline_code", "message"),
    [("insufficient_funds", MESSAGES["insufficient_funds"]), ("stolen_card", UNSAID)],
)
def test_the_banks_reason_decides_what_its_customer_reads(decline_code, message):
    body = {"error": {"code": "card_declined", "decline_code": decline_code}}
    error = stripe.CardError("Declined.", None, "card_declined", json_body=body)
    assert meaning_of(error).message == message
