"""A Stripe that does not answer keeps nobody waiting, and is asked again by itself."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from sample_app.circuit import FAILURES_IN_A_ROW, SECONDS_OPEN, Circuit, CircuitOpen

BODY = {"item_ids": [1], "token": "tok_visa"}
DECLINED = {"item_ids": [1], "token": "tok_chargeDeclined"}


class Clock:
    """Seconds that pass when a test says so."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def circuit(clock):
    return Circuit(clock)


def fail(circuit, times=FAILURES_IN_A_ROW):
    for _ in range(times):
        circuit.failed()


def passes(circuit):
    try:
        circuit.enter()
    except CircuitOpen:
        return False
    return True


def test_it_opens_after_some_failures_in_a_row(circuit):
    fail(circuit, FAILURES_IN_A_ROW - 1)
    assert passes(circuit)
    circuit.failed()
    assert not passes(circuit)


def test_an_answer_in_between_starts_the_count_anew(circuit):
    fail(circuit, FAILURES_IN_A_ROW - 1)
    circuit.succeeded()
    fail(circuit, FAILURES_IN_A_ROW - 1)
    assert passes(circuit)


def test_after_a_while_one_is_let_through_and_no_more(circuit, clock):
    fail(circuit)
    clock.now += SECONDS_OPEN
    with ThreadPoolExecutor(8) as customers:
        assert sum(customers.map(lambda _: passes(circuit), range(8))) == 1


def test_if_stripe_answers_that_one_all_are_let_through(circuit, clock):
    fail(circuit)
    clock.now += SECONDS_OPEN
    circuit.enter()
    circuit.succeeded()
    assert passes(circuit)
    assert passes(circuit)


def test_if_not_it_stays_open_for_as_long_again(circuit, clock):
    fail(circuit)
    clock.now += SECONDS_OPEN
    circuit.enter()
    clock.now += 1
    circuit.failed()
    clock.now += SECONDS_OPEN - 1
    assert not passes(circuit)
    clock.now += 1
    assert passes(circuit)


def test_if_that_one_never_comes_back_another_one_is_let_through(circuit, clock):
    fail(circuit)
    clock.now += SECONDS_OPEN
    circuit.enter()
    clock.now += SECONDS_OPEN
    assert passes(circuit)


@pytest.fixture
def shop(app, circuit):
    app.extensions["circuit"] = circuit
    return app


@pytest.fixture
def buy(shop):
    return lambda body=BODY: shop.test_client().post("/orders", json=body).status_code


@pytest.mark.parametrize("fault", ["timeout", "reset", "server_error", "bad_gateway"])
def test_who_buys_when_stripe_is_down_is_told_so_without_asking_it(local, buy, fault):
    local.faults.inject(fault, times=FAILURES_IN_A_ROW)
    for _ in range(FAILURES_IN_A_ROW):
        assert buy() == 503
    asked = len(local.log)
    assert buy() == 503
    assert len(local.log) == asked
    assert sum(local.faults.struck.values()) == FAILURES_IN_A_ROW


def test_the_shop_sells_again_by_itself(local, buy, circuit, clock):
    fail(circuit)
    assert buy() == 503
    clock.now += SECONDS_OPEN
    assert buy() == 201
    assert buy() == 201


def test_an_order_that_was_refused_is_kept_and_paid_with_the_same_key(shop, circuit, clock, local):
    key = {"Idempotency-Key": "5f0c3a52-7c1d-4c0e-9f39-3b1f6f2f0f11"}
    fail(circuit)
    refused = shop.test_client().post("/orders", json=BODY, headers=key)
    assert refused.headers["Retry-After"] == "60"
    assert "Your order is kept" in refused.json["message"]
    clock.now += SECONDS_OPEN
    assert shop.test_client().post("/orders", json=BODY, headers=key).status_code == 201


@pytest.mark.parametrize("fault", ["rate_limit", "lock_timeout", "key_in_use"])
def test_to_be_refused_is_an_answer(local, buy, fault):
    local.faults.inject(fault, "*/confirm", times=FAILURES_IN_A_ROW)
    for _ in range(FAILURES_IN_A_ROW):
        assert buy() == 503
    assert buy() == 201


def test_a_declined_card_is_an_answer(buy, circuit):
    fail(circuit, FAILURES_IN_A_ROW - 1)
    assert buy(DECLINED) == 402
    circuit.failed()
    assert passes(circuit)


def test_a_person_gets_a_page_that_says_so(shop, shopper, circuit):
    shopper.place_order("Desk lamp")
    fail(circuit)
    response = shopper.pay("tok_visa")
    assert response.status_code == 503
    assert "Your order is kept: try again in a minute." in shopper.text
