"""When Stripe fails: the customer learns what it means, the log learns what happened."""

import logging

import pytest
import sqlalchemy as sa
import stripe
from sqlalchemy.exc import OperationalError

from local_stripe.transport import InProcess
from sample_app.accounts import register
from sample_app.database import db
from sample_app.models import Order
from tests.sample_app.conftest import build

BODY = {"item_ids": [1], "token": "tok_visa"}
LOST_CARD = "pm_card_visa_chargeDeclinedLostCard"
KEY = {"Idempotency-Key": "5f0c3a52-7c1d-4c0e-9f39-3b1f6f2f0f11"}


@pytest.mark.parametrize("fault", ["timeout", "lost_response", "server_error", "rate_limit"])
def test_a_passing_failure_asks_to_come_back(client, local, fault):
    local.faults.inject(fault, "*/confirm")
    response = client.post("/orders", json=BODY, headers=KEY)
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "60"
    assert response.json["message"] == (
        "Our payment provider did not answer. Your order is kept: try again in a minute."
    )
    assert client.post("/orders", json=BODY, headers=KEY).status_code == 201


def test_a_failure_of_the_shop_is_not_the_customers(client, app, local):
    app.extensions["stripe"] = stripe.StripeClient("sk_test_wrong", http_client=InProcess(local))
    response = client.post("/orders", json=BODY)
    assert response.status_code == 500
    assert "Key" not in response.json["message"]


def test_the_log_has_what_support_needs_and_no_token(client, local, session, caplog):
    local.faults.inject("server_error", "*/confirm")
    with caplog.at_level(logging.WARNING):
        client.post("/orders", json=BODY)
    assert caplog.messages == [
        "Stripe: APIError, status 500, code None, decline code None, "
        f"request {local.log[-1].id}, order {order_id(session)}"
    ]
    assert "tok_visa" not in caplog.text


def test_a_declined_card_is_in_the_log_with_the_banks_reason(client, local, session, caplog):
    with caplog.at_level(logging.INFO, "sample_app"):
        response = client.post("/orders", json={"item_ids": [1], "payment_method": LOST_CARD})
    assert response.status_code == 402
    assert "lost" not in response.text
    assert caplog.messages == [
        "Stripe: CardError, status 402, code card_declined, decline code lost_card, "
        f"request {local.log[-1].id}, order {order_id(session)}"
    ]


def test_a_code_that_the_sdk_leaves_in_the_body_is_in_the_log(client, local, caplog):
    local.faults.inject("lock_timeout", "*/confirm")
    client.post("/orders", json=BODY)
    assert "RateLimitError, status 429, code lock_timeout" in caplog.text


def test_an_error_on_a_page_is_in_the_log_with_its_order(shopper, local, session, caplog):
    shopper.place_order("Desk lamp")
    local.faults.inject("timeout", "*/confirm")
    assert shopper.pay("tok_visa").status_code == 503
    assert f"request None, order {order_id(session)}" in caplog.text


def order_id(session):
    return session.scalars(sa.select(Order.id)).one()


def test_an_error_of_the_database_does_not_repeat_what_it_was_given():
    with build("sqlite://").app_context(), pytest.raises(OperationalError) as failure:
        register(db.session, "ada@example.com", "a short sentence")
    assert "no such table" in str(failure.value)
    assert "ada@example.com" not in str(failure.value)
    assert "scrypt" not in str(failure.value)


@pytest.mark.parametrize("host", ["..", "a..b", "a" * 300])
@pytest.mark.parametrize("path", ["/", "/shop/orders", "/openapi.json"])
def test_a_host_that_is_none_is_the_requests_fault(client, host, path):
    assert client.get(path, headers={"Host": host}).status_code == 400
