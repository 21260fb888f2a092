"""The same idempotency key gets the same answer, and does nothing twice."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from local_stripe import PUBLISHABLE_KEY
from tests.local_stripe.money import payment

DAY = 24 * 60 * 60
KEY = {"idempotency-key": "order-7"}


def customers(ask):
    return ask("GET", "/v1/customers").body["data"]


def test_a_repeated_request_gets_the_first_answer_and_makes_nothing(ask):
    first = ask("POST", "/v1/customers", {"name": "Ann"}, KEY)
    again = ask("POST", "/v1/customers", {"name": "Ann"}, KEY)

    assert again.body == first.body
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["original-request"] == first.headers["request-id"]
    assert again.headers["request-id"] != first.headers["request-id"]
    assert "idempotent-replayed" not in first.headers
    assert len(customers(ask)) == 1


def test_the_order_of_the_parameters_does_not_matter(ask):
    first = ask("POST", "/v1/customers", "name=Ann&phone=1", KEY)

    assert ask("POST", "/v1/customers", "phone=1&name=Ann", KEY).body == first.body


def test_the_key_with_other_parameters_is_refused(ask):
    ask("POST", "/v1/customers", {"name": "Ann"}, KEY)
    answer = ask("POST", "/v1/customers", {"name": "Bob"}, KEY)

    assert (answer.status, set(answer.error)) == (400, {"message", "request_log_url", "type"})
    assert answer.error["type"] == "idempotency_error"
    assert answer.error["message"] == (
        "Keys for idempotent requests can only be used with the same parameters they were first "
        "used with. Try using a key other than 'order-7' if you meant to execute a different "
        "request."
    )


def test_the_key_at_another_address_is_refused(ask):
    ask("POST", "/v1/customers", {"name": "Ann"}, KEY)
    answer = ask("POST", "/v1/products", {"name": "Ann"}, KEY)

    assert answer.error["message"] == (
        "Keys for idempotent requests can only be used for the same endpoint they were first used "
        "for ('/v1/customers'). Try using a key other than 'order-7' if you meant to execute a "
        "different request."
    )


def test_a_page_that_repeats_the_servers_request_does_not_get_its_answer(ask, client):
    intent = client.v1.payment_intents.create(payment(3300, metadata={"note": "secret"}))
    path = f"/v1/payment_intents/{intent.id}/confirm"
    params = {"payment_method": "pm_card_visa", "client_secret": intent.client_secret}
    page = {"authorization": f"Bearer {PUBLISHABLE_KEY}"}
    ask("POST", path, params, KEY)

    refused = ask("POST", path, params, KEY | page)

    assert refused.error["code"] == "payment_intent_unexpected_state"
    assert "metadata" not in refused.error["payment_intent"]


def test_a_failed_parameter_check_does_not_use_the_key_up(ask):
    refused = ask("POST", "/v1/customers", {"balance": "much"}, KEY)
    mended = ask("POST", "/v1/customers", {"balance": "5"}, KEY)

    assert (refused.status, mended.status) == (400, 200)


def test_a_refusal_by_the_endpoint_is_repeated(ask):
    first = ask("POST", "/v1/customers/cus_nope", {"name": "Ann"}, KEY)
    again = ask("POST", "/v1/customers/cus_nope", {"name": "Ann"}, KEY)

    assert (first.status, again.body) == (404, first.body)
    assert again.headers["idempotent-replayed"] == "true"


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_key_means_nothing_to_other_methods(ask, method):
    id = ask("POST", "/v1/customers").body["id"]
    ask(method, f"/v1/customers/{id}", headers=KEY)

    assert "idempotent-replayed" not in ask(method, f"/v1/customers/{id}", headers=KEY).headers


def test_a_key_is_forgotten_after_a_day(ask, local):
    ask("POST", "/v1/customers", {"name": "Ann"}, KEY)
    local.advance(DAY)
    ask("POST", "/v1/customers", {"name": "Bob"}, KEY)

    assert [customer["name"] for customer in customers(ask)] == ["Bob", "Ann"]


def test_a_key_has_a_longest_length(ask):
    answer = ask("POST", "/v1/customers", headers={"idempotency-key": "k" * 256})

    assert (answer.status, answer.error["type"]) == (400, "idempotency_error")


def test_events_tell_the_key_of_their_request(ask):
    answer = ask("POST", "/v1/customers", {"name": "Ann"}, KEY)
    event = ask("GET", "/v1/events").body["data"][0]

    assert event["request"] == {
        "id": answer.headers["request-id"],
        "idempotency_key": "order-7",
    }


def test_a_decline_is_repeated_and_the_card_is_not_asked_again(ask):
    payment = {
        "amount": 2000,
        "currency": "usd",
        "payment_method": "pm_card_visa_chargeDeclined",
        "confirm": "true",
        "return_url": "https://example.com",
    }
    first = ask("POST", "/v1/payment_intents", payment, KEY)
    again = ask("POST", "/v1/payment_intents", payment, KEY)

    assert (first.status, again.status, again.body) == (402, 402, first.body)
    assert again.headers["idempotent-replayed"] == "true"
    assert len(ask("GET", "/v1/charges").body["data"]) == 1


def test_of_many_requests_at_once_with_one_key_one_acts(ask):
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: ask("POST", "/v1/customers", "", KEY), range(40)))

    assert len({answer.body["id"] for answer in answers}) == 1
    assert len(customers(ask)) == 1
