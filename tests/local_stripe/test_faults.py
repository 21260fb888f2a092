"""What goes wrong with calls to Stripe when somebody asks for it, and what the SDK makes of it."""

import pytest
import stripe

from local_stripe import SECRET_KEY, LocalStripe
from local_stripe.faults import FAULTS
from local_stripe.transport import InProcess

DONE = ["lost_response", "malformed_json", "slow"]  # Stripe does as it was asked
NOT_DONE = [kind for kind in FAULTS if kind not in DONE]
PAYMENT = {"amount": 2000, "currency": "usd"}
RAISED = {
    "timeout": stripe.APIConnectionError,
    "reset": stripe.APIConnectionError,
    "lost_response": stripe.APIConnectionError,
    "bad_gateway": stripe.APIError,
    "rate_limit": stripe.RateLimitError,
    "lock_timeout": stripe.RateLimitError,
    "key_in_use": stripe.APIError,
    "server_error": stripe.APIError,
    "malformed_json": stripe.APIError,
}


@pytest.fixture
def naps() -> list[float]:
    """For how long the client has slept, waiting for slow answers (seconds)."""
    return []


@pytest.fixture
def way(local, naps) -> InProcess:
    return InProcess(local, sleep=naps.append)


@pytest.fixture
def client(way) -> stripe.StripeClient:
    return stripe.StripeClient(SECRET_KEY, http_client=way)


@pytest.fixture
def stubborn(way, monkeypatch) -> stripe.StripeClient:
    """A client that tries three times, and does not rest in between."""
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0)
    return stripe.StripeClient(SECRET_KEY, http_client=way, max_network_retries=2)


def customers(client) -> int:
    return len(client.v1.customers.list().data)


# ---- what each fault does ----


@pytest.mark.parametrize(("kind", "error"), RAISED.items())
def test_the_sdk_raises_its_own_error_for_each_fault(client, local, kind, error):
    local.faults.inject(kind)
    with pytest.raises(error) as caught:
        client.v1.customers.create()
    assert type(caught.value) is error


def test_no_fault_is_forgotten_here():
    assert set(FAULTS) == {*RAISED, "slow"}


@pytest.mark.parametrize("kind", NOT_DONE)
def test_some_faults_keep_stripe_from_acting(client, local, kind):
    local.faults.inject(kind)
    with pytest.raises(stripe.StripeError):
        client.v1.customers.create()
    assert customers(client) == 0


@pytest.mark.parametrize("kind", ["lost_response", "malformed_json"])
def test_others_hide_that_it_acted_until_the_same_key_comes_again(client, local, kind):
    local.faults.inject(kind)
    key = {"idempotency_key": "k"}
    with pytest.raises(stripe.StripeError):
        client.v1.customers.create({}, key)
    again = client.v1.customers.create({}, key)
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    assert customers(client) == 1


def test_too_many_requests_are_refused_with_the_reason(client, local):
    local.faults.inject("rate_limit")
    with pytest.raises(stripe.RateLimitError) as caught:
        client.v1.customers.list()
    assert (caught.value.http_status, caught.value.error.code) == (429, "rate_limit")
    assert caught.value.headers["Stripe-Rate-Limited-Reason"] == "global-rate"
    assert caught.value.json_body["error"]["type"] == "invalid_request_error"


def test_a_locked_object_is_no_rate_limit_and_worth_another_try(client, local):
    local.faults.inject("lock_timeout")
    with pytest.raises(stripe.RateLimitError) as caught:
        client.v1.customers.list()
    assert (caught.value.http_status, caught.value.error.code) == (429, "lock_timeout")
    assert caught.value.headers["Stripe-Should-Retry"] == "true"
    assert "Stripe-Rate-Limited-Reason" not in caught.value.headers


def test_a_key_that_is_in_use_is_named_and_waits_for_a_call_that_has_one(client, local):
    fault = local.faults.inject("key_in_use")
    client.v1.customers.list()
    assert fault.struck == 0
    with pytest.raises(stripe.APIError, match=r"still going through\): k\. ") as caught:
        client.v1.customers.create({}, {"idempotency_key": "k"})
    assert (caught.value.http_status, caught.value.error.code) == (409, "idempotency_key_in_use")
    assert client.v1.customers.create({}, {"idempotency_key": "k"}).id


def test_a_proxys_page_is_no_json(client, local):
    local.faults.inject("bad_gateway")
    with pytest.raises(stripe.APIError) as caught:
        client.v1.customers.list()
    assert caught.value.http_status == 502
    assert caught.value.http_body.startswith("<html>")


def test_a_500_is_repeated_for_as_long_as_stripe_keeps_its_key(client, local):
    local.faults.inject("server_error")
    for _ in range(2):
        with pytest.raises(stripe.APIError) as caught:
            client.v1.customers.create({}, {"idempotency_key": "k"})
        assert caught.value.http_status == 500
    assert caught.value.headers["Idempotent-Replayed"] == "true"
    assert client.v1.customers.create({}, {"idempotency_key": "another"}).id


def test_a_500_does_not_take_the_place_of_an_answer_that_was_given(client, local):
    key = {"idempotency_key": "k"}
    first = client.v1.customers.create({}, key)
    local.faults.inject("server_error")
    with pytest.raises(stripe.APIError):
        client.v1.customers.create({}, key)
    assert client.v1.customers.create({}, key).id == first.id


@pytest.mark.parametrize("kind", ["rate_limit", "lock_timeout", "key_in_use"])
def test_a_refusal_that_is_no_answer_is_not_repeated(client, local, kind):
    local.faults.inject(kind)
    key = {"idempotency_key": "k"}
    with pytest.raises(stripe.StripeError):
        client.v1.customers.create({}, key)
    assert client.v1.customers.create({}, key).id


def test_a_slow_answer_is_waited_for(client, local, naps):
    local.faults.inject("slow", seconds=30)
    assert client.v1.customers.create().id
    assert naps == [30]


def test_an_answer_that_is_too_slow_is_not_heard_though_stripe_has_acted(local, naps):
    hasty = InProcess(local, timeout=5, sleep=naps.append)
    client = stripe.StripeClient(SECRET_KEY, http_client=hasty)
    local.faults.inject("slow", seconds=30)
    with pytest.raises(stripe.APIConnectionError, match="ReadTimeout"):
        client.v1.customers.create()
    assert naps == [5]
    assert customers(client) == 1


def test_an_answer_that_ends_half_way_ends_between_two_letters(client, local):
    local.faults.inject("malformed_json")
    with pytest.raises(stripe.APIError, match="Invalid response body") as caught:
        client.v1.customers.create({"name": "é" * 2000})
    assert "é" in caught.value.http_body


# ---- whom it strikes ----


def test_a_fault_strikes_once_and_then_no_more(client, local):
    fault = local.faults.inject("rate_limit")
    with pytest.raises(stripe.RateLimitError):
        client.v1.customers.list()
    client.v1.customers.list()
    assert (fault.struck, local.faults.waiting) == (1, [])
    assert local.faults.struck == {"rate_limit": 1}


def test_it_waits_for_a_call_of_its_method_and_path(client, local):
    fault = local.faults.inject("rate_limit", "*/cancel", "post")
    intent = client.v1.payment_intents.create(PAYMENT)
    client.v1.payment_intents.retrieve(intent.id)
    assert fault.struck == 0
    with pytest.raises(stripe.RateLimitError):
        client.v1.payment_intents.cancel(intent.id)
    assert client.v1.payment_intents.cancel(intent.id).status == "canceled"


def test_it_strikes_as_often_as_it_shall(client, local):
    fault = local.faults.inject("rate_limit", times=3)
    for _ in range(3):
        with pytest.raises(stripe.RateLimitError):
            client.v1.customers.list()
    client.v1.customers.list()
    assert fault.struck == 3


def outcomes(seed: int, **more) -> list[bool]:
    """Of 200 calls, which succeed, on a fresh Stripe whose calls fail half of the time."""
    local = LocalStripe()
    client = stripe.StripeClient(SECRET_KEY, http_client=InProcess(local))
    local.faults.inject("rate_limit", share=0.5, seed=seed, **more)
    made = []
    for _ in range(200):
        try:
            client.v1.customers.list({"limit": 1})
            made.append(True)
        except stripe.RateLimitError:
            made.append(False)
    return made


def test_it_strikes_a_share_of_the_calls_the_same_ones_on_every_run():
    assert outcomes(seed=1) == outcomes(seed=1) != outcomes(seed=2)
    assert 70 < outcomes(seed=1).count(False) < 130


def test_a_share_can_have_an_end():
    assert outcomes(seed=1, times=3).count(False) == 3


def test_of_two_that_fit_the_older_strikes_first(client, local):
    local.faults.inject("timeout")
    local.faults.inject("rate_limit")
    with pytest.raises(stripe.APIConnectionError):
        client.v1.customers.list()
    with pytest.raises(stripe.RateLimitError):
        client.v1.customers.list()


def test_it_can_be_withdrawn(client, local):
    fault = local.faults.inject("timeout", share=1)
    local.faults.withdraw(fault)
    client.v1.customers.list()
    with pytest.raises(ValueError, match="not in list"):
        local.faults.withdraw(fault)


def test_all_can_be_cleared(client, local):
    local.faults.inject("timeout", times=9)
    local.faults.inject("reset", "/v1/charges")
    local.faults.clear()
    client.v1.customers.list()


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "fire"},
        {"kind": "timeout", "times": 0},
        {"kind": "timeout", "share": 0},
        {"kind": "timeout", "share": 1.5},
        {"kind": "slow", "seconds": -1},
    ],
)
def test_what_is_no_fault_is_refused(local, wrong):
    with pytest.raises(ValueError):
        local.faults.inject(**wrong)
    assert local.faults.waiting == []


# ---- what Stripe knows of it ----


@pytest.mark.parametrize("kind", ["timeout", "reset", "bad_gateway"])
def test_what_does_not_get_there_leaves_no_trace(client, local, kind):
    local.faults.inject(kind)
    with pytest.raises(stripe.StripeError):
        client.v1.customers.create()
    undisturbed = stripe.StripeClient(SECRET_KEY, http_client=InProcess(LocalStripe()))
    assert client.v1.customers.create().id == undisturbed.v1.customers.create().id
    assert len(local.log) == 1


@pytest.mark.parametrize(
    ("kind", "status"), [("lost_response", 200), ("malformed_json", 200), ("server_error", 500)]
)
def test_the_log_has_what_stripe_answered_whole(client, local, kind, status):
    local.faults.inject(kind)
    with pytest.raises(stripe.StripeError):
        client.v1.customers.create()
    [exchange] = local.log
    assert (exchange.response.status, exchange.response.fault) == (status, None)
    assert exchange.response.body.endswith(b"}")


# ---- the SDK tries again ----


def keys(local) -> list[str]:
    """The idempotency keys of the calls that got to Stripe."""
    return [exchange.request.headers["idempotency-key"] for exchange in local.log]


@pytest.mark.parametrize("kind", ["lost_response", "lock_timeout", "key_in_use"])
def test_another_try_has_the_key_of_the_first(stubborn, local, kind):
    fault = local.faults.inject(kind, times=2)
    assert stubborn.v1.customers.create().id
    assert fault.struck == 2
    assert len(keys(local)) == 3
    assert len(set(keys(local))) == 1
    local.faults.clear()
    assert customers(stubborn) == 1


@pytest.mark.parametrize("kind", ["timeout", "reset", "bad_gateway", "lock_timeout", "key_in_use"])
def test_the_sdk_gives_up_after_as_many_tries_as_it_was_told(stubborn, local, kind):
    fault = local.faults.inject(kind, times=9)
    with pytest.raises(RAISED[kind]):
        stubborn.v1.customers.create()
    assert fault.struck == 3


@pytest.mark.parametrize("kind", ["rate_limit", "server_error", "malformed_json"])
def test_what_another_try_would_not_mend_is_not_tried_again(stubborn, local, kind):
    fault = local.faults.inject(kind, times=9)
    with pytest.raises(RAISED[kind]):
        stubborn.v1.customers.create()
    assert fault.struck == 1


def test_a_500_to_a_question_is_asked_again(stubborn, local):
    fault = local.faults.inject("server_error", times=2)
    stubborn.v1.customers.list()
    assert fault.struck == 2


def test_a_payment_is_made_once_though_half_of_all_answers_are_lost(stubborn, local):
    local.faults.inject("lost_response", method="POST", share=0.5, seed=3)
    for number in range(10):
        stubborn.v1.payment_intents.create(PAYMENT, {"idempotency_key": f"order-{number}"})
    assert local.faults.struck["lost_response"] > 0
    assert len(stubborn.v1.payment_intents.list({"limit": 100}).data) == 10
