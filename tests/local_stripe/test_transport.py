"""The SDK talks to a local Stripe in its own process, and notices no difference."""

import pytest
import stripe

from local_stripe import LocalStripe
from local_stripe.transport import Headers, InProcess


def test_an_object_comes_back(client):
    assert client.v1.customers.create({"name": "Ann"}).name == "Ann"


def test_an_answer_has_the_headers_that_the_sdk_looks_for(client):
    response = client.v1.customers.create({}, {"idempotency_key": "k"}).last_response

    assert response.request_id.startswith("req_")
    assert response.idempotency_key == "k"
    assert response.headers["Stripe-Version"] == stripe.api_version


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda v1: v1.customers.retrieve("cus_nope"), stripe.InvalidRequestError),
        (lambda v1: v1.customers.create({"colour": "red"}), stripe.InvalidRequestError),
        (
            lambda v1: v1.payment_intents.create(
                {
                    "amount": 500,
                    "currency": "usd",
                    "confirm": True,
                    "payment_method": "pm_card_visa_chargeDeclined",
                    "return_url": "https://example.com",
                }
            ),
            stripe.CardError,
        ),
    ],
)
def test_a_refusal_is_the_sdks_own_exception(client, call, error):
    with pytest.raises(error) as caught:
        call(client.v1)

    assert caught.value.request_id.startswith("req_")


def test_a_wrong_key_is_an_authentication_error():
    client = stripe.StripeClient("sk_test_wrong", http_client=InProcess(LocalStripe()))

    with pytest.raises(stripe.AuthenticationError, match="Invalid API Key provided"):
        client.v1.customers.list()


def test_a_key_with_other_parameters_is_an_idempotency_error(client):
    client.v1.customers.create({"name": "Ann"}, {"idempotency_key": "k"})

    with pytest.raises(stripe.IdempotencyError):
        client.v1.customers.create({"name": "Bob"}, {"idempotency_key": "k"})


def test_headers_are_found_in_any_spelling():
    headers = Headers({"request-id": "req_1"})

    assert headers["Request-Id"] == headers.get("REQUEST-ID") == "req_1"
    assert "Request-Id" in headers
    assert "other" not in headers
    assert headers.get("Other", "none") == "none"


def test_closing_it_closes_nothing(local):
    InProcess(local).close()
