"""How often one address, or one account, may try what; each test asks from its own address."""

import time
from functools import partial
from itertools import count

import pytest
from flask.testing import FlaskClient

from local_stripe import LocalStripe
from local_stripe.transport import InProcess
from sample_app import create_app
from sample_app.config import ConfigError
from sample_app.rate_limits import LIMITS, account_named
from tests.sample_app.conftest import build, close, fill
from tests.sample_app.shopper import Shopper

ADDRESSES = (f"203.0.113.{number}" for number in count(1))
ACCOUNTS = (f"customer{number}@example.com" for number in count(1))
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
def target():
    """The account whose password somebody wants."""
    return next(ACCOUNTS)


@pytest.fixture
def guesser(client, target):
    """Somebody who has tried ten passwords."""
    guesser = Shopper(client)
    guesser.open("/sign-in")
    for guess in range(10):
        tried = guesser.press("Sign in", email=target, password=f"guess {guess}")
        assert tried.status_code == 422
    return guesser


def test_passwords_are_not_guessed_for_long(guesser, target):
    refused = guesser.press("Sign in", email=target, password="one more")
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 61
    assert "Not so fast, please" in guesser.text


def test_reading_the_form_is_no_guess(guesser):
    assert guesser.open("/sign-in").status_code == 200


def test_one_address_does_not_lock_another_one_out(app, guesser, target):
    assert sign_in(app, target, "mine").status_code == 422


def sign_in(app, email, password):
    """Try once, from an address that has tried nothing yet."""
    customer = Shopper(browser(app))
    customer.open("/sign-in")
    return customer.press("Sign in", email=email, password=password)


def test_one_account_is_not_guessed_from_many_addresses(app):
    spellings = ["mary@example.com", " Mary@Example.COM"]
    tried = [sign_in(app, spellings[guess % 2], f"guess {guess}") for guess in range(21)]
    assert [answer.status_code for answer in tried] == [422] * 20 + [429]
    assert 1 <= int(tried[-1].headers["Retry-After"]) <= 601
    assert sign_in(app, "martin@example.com", "guess").status_code == 422


def test_after_ten_minutes_the_owner_gets_in_though_the_guesser_went_on(app, monkeypatch):
    clock = time.time
    tried = [sign_in(app, "otto@example.com", "guess").status_code for _ in range(20)]
    monkeypatch.setattr(time, "time", lambda: clock() + 300)
    tried += [sign_in(app, "otto@example.com", "guess").status_code for _ in range(20)]
    assert tried == [422] * 20 + [429] * 20
    monkeypatch.setattr(time, "time", lambda: clock() + 601)
    assert sign_in(app, "otto@example.com", "mine").status_code == 422


def test_who_knows_the_password_is_not_counted(app):
    Shopper(browser(app)).sign_up("nina@example.com")
    signed_in = [sign_in(app, "nina@example.com", "a short sentence") for _ in range(25)]
    assert {answer.status_code for answer in signed_in} == {200}
    assert sign_in(app, "nina@example.com", "guess").status_code == 422


def test_a_password_is_asked_about_only_in_the_shape_that_is_counted(app):
    """As JSON, the account's name would stand where the limit does not look."""
    shopper = Shopper(browser(app))
    shopper.sign_up("paul@example.com")
    shopper.client.delete_cookie("session")
    shopper.open("/sign-in")
    _, typed = shopper.form("Sign in")
    typed |= {"email": "paul@example.com", "password": "a short sentence"}
    token = {"X-CSRFToken": typed["csrf_token"]}
    assert shopper.client.post("/sign-in", json=typed, headers=token).status_code == 422
    assert shopper.send("/sign-in", typed).status_code == 200


@pytest.mark.parametrize("email", ["", "x" * 60_000, "\0", "ä\n" * 9])
def test_an_account_is_counted_under_a_short_name_whatever_is_typed(app, email):
    with app.test_request_context(method="POST", data={"email": email}):
        name = account_named()
    assert len(name) == 64
    assert name.isalnum()


def test_another_address_in_a_header_is_no_other_address(guesser, target):
    guesser.client.environ_base["HTTP_X_FORWARDED_FOR"] = "198.51.100.1"
    refused = guesser.press("Sign in", email=target, password="one more")
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


def declined_from(app, address):
    client = app.test_client()
    client.environ_base["REMOTE_ADDR"] = address
    return client.post("/orders", json=DECLINED).status_code


def test_who_has_a_network_of_ipv6_addresses_tests_no_more_cards(app):
    statuses = [declined_from(app, f"2001:db8:0:1:{host:x}::1") for host in range(11)]
    assert statuses == [402] * 10 + [429]
    assert declined_from(app, "2001:db8:0:2::1") == 402


@pytest.mark.parametrize("start", ["198.51.100.", "::ffff:192.0.2."])
def test_neighbours_of_ipv4_are_counted_each_for_itself(app, start):
    assert {declined_from(app, f"{start}{host}") for host in range(1, 12)} == {402}


@pytest.mark.parametrize("address", [None, "", "unix:", "fe80::1%eth0"])
def test_who_comes_from_no_address_is_limited_too(app, address):
    assert declined_from(app, address) in {402, 429}
    assert [declined_from(app, address) for _ in range(10)][-1] == 429


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
