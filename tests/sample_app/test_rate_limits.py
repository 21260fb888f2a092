"""How often one address may sign in, sign up, order and pay; each test asks from its own."""

from functools import partial
from itertools import count

import pytest
from flask.testing import FlaskClient

from local_stripe import LocalStripe
from local_stripe.transport import InProcess
from sample_app import create_app
from sample_app.config import ConfigError
from sample_app.rate_limits import LIMITS
from tests.sample_app.conftest import build, close, fill
from tests.sample_app.shopper import Shopper

ADDRESSES = (f"203.0.113.{number}" for number in count(1))
DECLINED = {"token": "tok_chargeDeclined", "item_ids": [5]}


@pytest.fixture(scope="module")
def app():
    app = build("sqlite://", RATE_LIMITS="on", STRIPE_HTTP_CLIENT=InProcess(LocalStripe()))
    fill(app)
    yield app
    close(app)


def browser(app) -> FlaskClient:
    client = app.test_client()
    client.environ_base["REMOTE_ADDR"] = next(ADDRESSES)
    return client


@pytest.fixture
def client(app):
    return browser(app)


@pytest.fixture
def guesser(client):
    """Somebody who has tried ten passwords."""
    guesser = Shopper(client)
    guesser.open("/sign-in")
    for guess in range(10):
        tried = guesser.press("Sign in", email="ada@example.com", password=f"guess {guess}")
        assert tried.status_code == 422
    return guesser


def test_passwords_are_not_guessed_for_long(guesser):
    refused = guesser.press("Sign in", email="ada@example.com", password="one more")
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 61
    assert "Not so fast, please" in guesser.text


def test_reading_the_form_is_no_guess(guesser):
    assert guesser.open("/sign-in").status_code == 200


def test_one_address_does_not_lock_another_one_out(app, guesser):
    customer = Shopper(browser(app))
    customer.open("/sign-in")
    assert customer.press("Sign in", email="ada@example.com", password="mine").status_code == 422


def test_another_address_in_a_header_is_no_other_address(guesser):
    guesser.client.environ_base["HTTP_X_FORWARDED_FOR"] = "198.51.100.1"
    refused = guesser.press("Sign in", email="ada@example.com", password="one more")
    assert refused.status_code == 429


def test_accounts_are_not_made_by_the_dozen(client):
    shopper = Shopper(client)
    for number in range(5):
        assert shopper.sign_up("no address", f"password {number}").status_code == 422
    assert shopper.sign_up("ada@example.com").status_code == 429


def test_stolen_cards_are_not_tested_by_the_dozen(client):
    for _ in range(10):
        assert client.post("/orders", json=DECLINED).status_code == 402
    refused = client.post("/orders", json=DECLINED)
    assert refused.status_code == 429
    assert refused.json["code"] == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 601


def test_declines_of_the_page_and_of_the_api_are_counted_together(client):
    shopper = Shopper(client)
    for _ in range(9):
        assert client.post("/orders", json=DECLINED).status_code == 402
    shopper.place_order("Chair")
    assert shopper.pay("tok_chargeDeclined").status_code == 402
    assert shopper.pay("tok_visa").status_code == 429


def test_what_is_paid_is_no_decline(client):
    paid = {**DECLINED, "token": "tok_visa"}
    statuses = [client.post("/orders", json=paid).status_code for _ in range(12)]
    assert statuses == [201] * 12


def test_the_shop_is_not_flooded_with_orders(client):
    statuses = [client.post("/orders", json={}).status_code for _ in range(31)]
    assert statuses == [422] * 30 + [429]


@pytest.mark.parametrize("path", ["checkout", "pay/element"])
def test_payments_are_not_begun_without_end(client, path):
    shopper = Shopper(client)
    order = shopper.place_order("Chair")
    token = shopper.page.find("input", attrs={"name": "csrf_token"})["value"]
    begin = partial(client.post, f"{order}/{path}", data={"csrf_token": token})
    statuses = [begin().status_code for _ in range(31)]
    assert 429 not in statuses[:30]
    assert statuses[30] == 429


def test_every_limit_is_put_before_views_that_there_are(app):
    named = {endpoint for limit in LIMITS.values() for endpoint in limit.endpoints}
    assert named <= app.view_functions.keys()


def test_a_shop_has_limits_unless_it_is_told_otherwise():
    client = create_app({"DATABASE_URL": "sqlite://", "SECRET_KEY": "for-tests"}).test_client()
    statuses = [client.post("/orders", json={}).status_code for _ in range(31)]
    assert statuses[30] == 429


def test_a_switch_is_on_or_off():
    with pytest.raises(ConfigError, match="RATE_LIMITS must be on or off"):
        build("sqlite://", RATE_LIMITS="0")


def test_while_redis_is_away_the_process_counts_for_itself():
    nobody = "redis://127.0.0.1:1"
    app = build("sqlite://", RATE_LIMITS="on", RATE_LIMIT_STORAGE=nobody)
    client = browser(app)
    statuses = [client.post("/orders", json={}).status_code for _ in range(31)]
    assert statuses == [422] * 30 + [429]


def test_without_limits_there_is_no_end(sqlite_app):
    client = sqlite_app.test_client()
    statuses = [client.post("/orders", json={}).status_code for _ in range(40)]
    assert statuses == [422] * 40
