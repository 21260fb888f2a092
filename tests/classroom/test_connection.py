"""`connect()` and `local()`: which Stripe it is, and which keys are refused."""

from collections.abc import Iterator

import pytest
import stripe

from classroom import connect, local, timeline
from classroom.connection import KeyRefused, connection
from local_stripe import PUBLISHABLE_KEY, SECRET_KEY, LocalStripe, Request
from tests.sandbox import KEY, Sandbox, sandbox

pytestmark = pytest.mark.usefixtures("new_notebook")


@pytest.fixture
def own_sandbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """The learner has set the keys of a sandbox of their own."""
    with sandbox() as found:
        for name, value in found.environment.items():
            monkeypatch.setenv(name, value)
        yield found


def first_customer() -> str:
    return connect().v1.customers.create({"email": "ada@example.com"}).id


def test_the_client_is_stripes_own():
    assert type(connect()) is stripe.StripeClient


def test_every_call_in_a_notebook_reaches_the_same_stripe():
    customer = first_customer()
    assert connect().v1.customers.retrieve(customer).email == "ada@example.com"
    assert local().store.get("customer", customer)["email"] == "ada@example.com"


def test_the_same_notebook_gets_the_same_ids_after_a_restart():
    before = first_customer()
    connection.cache_clear()
    assert first_customer() == before


def test_no_telemetry_is_sent():
    connect()
    assert stripe.enable_telemetry is False


@pytest.mark.parametrize(
    ("key", "advice"),
    [
        ("sk_live_visiblyFake", "it moves real money"),
        ("rk_live_visiblyFake", "it moves real money"),
        ("pk_test_visiblyFake", "only the customer's browser uses"),
        ("pk_live_visiblyFake", "only the customer's browser uses"),
        ("whsec_visiblyFake", "it signs webhooks"),
        ("secret", "sk_test_ or rk_test_"),
    ],
)
def test_a_key_of_another_kind_is_refused_with_advice_and_never_shown(monkeypatch, key, advice):
    monkeypatch.setenv("STRIPE_SECRET_KEY", key)
    with pytest.raises(KeyRefused, match=advice) as refused:
        connect()
    assert key not in str(refused.value)


@pytest.mark.parametrize("key", ["", "  ", "sk_test_local", SECRET_KEY])
def test_without_a_key_of_ones_own_it_is_the_local_stripe(monkeypatch, key):
    monkeypatch.setenv("STRIPE_SECRET_KEY", key)
    connect()
    assert isinstance(local(), LocalStripe)


def test_a_key_of_ones_own_reaches_ones_own_sandbox(own_sandbox):
    assert first_customer().startswith("cus_")
    assert own_sandbox.headers[0]["authorization"] == f"Bearer {KEY}"
    assert not any("telemetry" in name for name in own_sandbox.headers[0])


def test_the_timeline_shows_a_sandbox_like_the_local_stripe(own_sandbox, capsys):
    first_customer()
    timeline()
    assert capsys.readouterr().out.splitlines() == [
        "notebook --> Stripe    POST /v1/customers",
        "notebook <-- Stripe    200 cus_…1",
    ]


def test_a_sandbox_cannot_be_asked_for_the_local_stripes_switches(own_sandbox):
    connect()
    with pytest.raises(RuntimeError, match="your Stripe sandbox"):
        local()


def test_a_restricted_key_is_as_good(monkeypatch):
    monkeypatch.setenv("STRIPE_SECRET_KEY", "rk_test_visiblyFake")
    assert type(connect()) is stripe.StripeClient


def test_an_answer_that_never_comes_is_in_the_timeline(monkeypatch, capsys):
    monkeypatch.setenv("STRIPE_SECRET_KEY", KEY)
    monkeypatch.setenv("STRIPE_API_BASE", "http://127.0.0.1:9")  # nobody listens there
    with pytest.raises(stripe.APIConnectionError):
        first_customer()
    timeline()
    assert capsys.readouterr().out.splitlines()[-1] == "notebook <-- Stripe    no answer"


def test_each_try_of_the_sdk_is_in_the_timeline_with_the_same_key(monkeypatch, capsys):
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0)
    for kind in ("timeout", "lock_timeout", "bad_gateway", "lost_response"):
        local().faults.inject(kind, "/v1/customers")
    connect().v1.customers.create({}, {"max_network_retries": 4})
    timeline()
    asked = "notebook --> Stripe    POST /v1/customers (key 1)"
    assert capsys.readouterr().out.splitlines() == [
        asked,
        "notebook <-- Stripe    no answer",
        asked,
        "notebook <-- Stripe    429 lock_timeout",
        asked,
        "notebook <-- Stripe    502 (not JSON)",
        asked,
        "notebook <-- Stripe    no answer",
        asked,
        "notebook <-- Stripe    200 cus_…1 (replayed)",
    ]


def test_an_answer_that_a_page_never_gets_is_none(capsys):
    local().faults.inject("lost_response")
    page = {"user-agent": "Mozilla/5.0", "authorization": f"Bearer {PUBLISHABLE_KEY}"}
    local().handle(Request("GET", "/v1/payment_intents/pi_1", headers=page))
    timeline()
    assert capsys.readouterr().out.splitlines()[-1] == "browser <-- Stripe   no answer"


def test_a_declined_card_shows_why_and_a_replay_shows_that_it_is_one(capsys):
    payment = {
        "amount": 3900,
        "currency": "usd",
        "payment_method": "pm_card_visa_chargeDeclined",
        "confirm": True,
        "allowed_payment_method_types": ["card"],
    }
    for _ in range(2):
        with pytest.raises(stripe.CardError):
            connect().v1.payment_intents.create(payment, {"idempotency_key": "order-1"})
    timeline()
    asked, told, again, replayed = capsys.readouterr().out.splitlines()
    assert asked.endswith(
        "POST /v1/payment_intents amount=3900 currency=usd "
        "payment_method=pm_card_visa_chargeDeclined confirm=true (key 1)"
    )
    assert told.endswith("402 card_declined: generic_decline")
    assert again == asked
    assert replayed.endswith("402 card_declined: generic_decline (replayed)")


def test_no_secret_is_in_the_timeline(capsys):
    client = connect()
    intent = client.v1.payment_intents.create({"amount": 3900, "currency": "usd"})
    client.v1.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}})
    client.v1.customers.create({"email": "ada@example.com"})
    timeline()
    shown = capsys.readouterr().out
    assert intent.client_secret
    assert not any(word in shown for word in ("secret", "tok_visa", "ada@example.com", SECRET_KEY))
    assert "card[token]=tok_…" in shown
