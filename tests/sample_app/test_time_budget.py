"""A call to Stripe takes its time, and no more: timeouts, and retries with the same key."""

import pytest
import stripe

from local_stripe.server import start
from local_stripe.transport import InProcess
from sample_app import create_app, payments
from sample_app.config import ConfigError

BODY = {"item_ids": [1], "token": "tok_visa"}
CONFIRM = "/confirm"


class Noting(InProcess):
    """Notes the key of each try of a confirmation, even of one that never arrives."""

    def __init__(self, local):
        super().__init__(local)
        self.keys = []

    def request(self, method, url, headers, post_data=None, *, _usage=None):
        if url.endswith(CONFIRM):
            self.keys.append(headers["Idempotency-Key"])
        return super().request(method, url, headers, post_data)


@pytest.fixture
def way(local):
    return Noting(local)


@pytest.fixture
def patient(app, way, monkeypatch):
    """The shop with the retries that it has if nobody says otherwise; the SDK does not pause."""
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0)
    retries = shop().config["STRIPE_MAX_RETRIES"]
    config = {**app.config, "STRIPE_HTTP_CLIENT": way, "STRIPE_MAX_RETRIES": retries}
    app.extensions["stripe"] = payments.connect(config)
    return app.test_client()


def shop(**settings):
    return create_app({"DATABASE_URL": "sqlite://", "SECRET_KEY": "for-tests", **settings})


@pytest.mark.parametrize(
    "fault", ["timeout", "reset", "lost_response", "bad_gateway", "key_in_use"]
)
def test_a_call_without_an_answer_is_made_again_with_the_same_key(patient, local, way, fault):
    local.faults.inject(fault, f"*{CONFIRM}", times=2)
    assert patient.post("/orders", json=BODY).status_code == 201
    first, second, third = way.keys
    assert first == second == third


def test_an_order_whose_answers_were_lost_is_charged_once(patient, local, app):
    local.faults.inject("lost_response", times=2)
    assert patient.post("/orders", json=BODY).status_code == 201
    [intent] = app.extensions["stripe"].v1.payment_intents.list().data
    assert intent.amount_received == 3900


def test_after_three_tries_the_customer_is_asked_to_come_back(patient, local, way):
    local.faults.inject("timeout", f"*{CONFIRM}", times=3)
    assert patient.post("/orders", json=BODY).status_code == 503
    assert len(way.keys) == 3


def test_a_declined_card_is_not_tried_again(patient, way):
    declined = BODY | {"token": "tok_chargeDeclined"}
    assert patient.post("/orders", json=declined).status_code == 402
    assert len(way.keys) == 1


@pytest.mark.timeout(30)
def test_nobody_waits_for_ever(local):
    with start(local) as server:
        impatient = {"STRIPE_READ_TIMEOUT": "0.1", "STRIPE_MAX_RETRIES": "0"}
        client = shop(STRIPE_API_BASE=server.url, **impatient).extensions["stripe"]
        local.faults.inject("timeout")
        with pytest.raises(
            stripe.APIConnectionError, match=r"Read timed out\. \(read timeout=0\.1"
        ):
            client.v1.balance.retrieve()
        assert client.v1.balance.retrieve().object == "balance"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STRIPE_CONNECT_TIMEOUT", "soon"),
        ("STRIPE_CONNECT_TIMEOUT", "0"),
        ("STRIPE_READ_TIMEOUT", "-1"),
        ("STRIPE_READ_TIMEOUT", "nan"),
        ("STRIPE_READ_TIMEOUT", "inf"),
        ("STRIPE_MAX_RETRIES", "-1"),
        ("STRIPE_MAX_RETRIES", "1.5"),
    ],
)
def test_a_number_that_is_none_is_refused_by_name(name, value):
    with pytest.raises(ConfigError, match=f"{name} must be a number"):
        shop(**{name: value})
