"""What the shop refuses to start with, and where it finds its settings."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import stripe
from werkzeug.security import generate_password_hash

import local_stripe
from sample_app import catalogue, config, create_app
from sample_app.config import ConfigError, database_url
from sample_app.database import db, migrate
from tests.sample_app.conftest import close

LIVE = {
    "STRIPE_SECRET_KEY": "sk_live_example",
    "STRIPE_PUBLISHABLE_KEY": "pk_live_example",
}
MAIL_URL = "smtps://shop:secret@mail.example"
HOSTS = "shop.example, www.shop.example"


class Recorder(stripe.HTTPClient):
    """Notes where the SDK would have gone, and goes nowhere."""

    name = "recorder"

    def request(self, method, url, headers, post_data=None, *, _usage=None):
        self.url, self.key = url, headers["Authorization"]
        raise stripe.APIConnectionError("This goes nowhere.")


def shop(**settings):
    return create_app({"DATABASE_URL": "sqlite://", "SECRET_KEY": "for-tests", **settings})


@pytest.mark.parametrize("name", ["STRIPE_SECRET_KEY", "STRIPE_PUBLISHABLE_KEY"])
def test_a_live_key_is_refused_by_name(name):
    with pytest.raises(ConfigError, match=f"{name} is no test key"):
        shop(**{name: LIVE[name]})


@pytest.mark.parametrize("key", ["rk_live_example", "sk_org_example", "sk_LIVE_example", "sk_"])
def test_whatever_is_no_test_key_may_be_live(key):
    with pytest.raises(ConfigError, match="no test key"):
        shop(STRIPE_SECRET_KEY=key)


def test_a_live_key_is_taken_when_the_owner_says_so():
    app = shop(**LIVE, ALLOW_LIVE="1", MAIL_URL=MAIL_URL, TRUSTED_HOSTS=HOSTS)
    assert app.config["STRIPE_SECRET_KEY"] == "sk_live_example"


def test_a_live_shop_has_a_mail_server():
    with pytest.raises(ConfigError, match="MAIL_URL must be set in live mode"):
        shop(**LIVE, ALLOW_LIVE="1", TRUSTED_HOSTS=HOSTS)


def test_a_live_shop_knows_its_own_name():
    with pytest.raises(ConfigError, match="TRUSTED_HOSTS must be set in live mode"):
        shop(**LIVE, ALLOW_LIVE="1", MAIL_URL=MAIL_URL)


@pytest.mark.parametrize("host", ["shop.example", "www.shop.example"])
def test_a_shop_answers_to_its_names(host):
    browser = shop(TRUSTED_HOSTS=HOSTS).test_client()
    assert browser.get("/sign-in", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("path", ["/sign-in", "/orders/ord_1"])
def test_a_shop_leads_nobody_to_a_host_that_only_a_request_named(path):
    browser = shop(TRUSTED_HOSTS=HOSTS).test_client()
    answer = browser.get(path, headers={"Host": "shop.example.evil.example"})
    assert answer.status_code == 400


def test_several_signing_secrets_are_good_while_one_rolls():
    app = shop(STRIPE_WEBHOOK_SECRET="whsec_localOld, whsec_localNew,")
    assert app.config["STRIPE_WEBHOOK_SECRETS"] == ("whsec_localOld", "whsec_localNew")


@pytest.mark.parametrize(
    ("secret", "mistake"),
    [
        ("sk_test_localKey", "this is an API key"),
        ("rk_test_localKey", "this is an API key"),
        ("pk_test_localKey", "this is an API key"),
        ("we_local", "this is the endpoint's id"),
        ("a good sentence", "this does not"),
        ("whsec_localOld,sk_test_localKey", "this is an API key"),
    ],
)
def test_what_is_no_signing_secret_is_refused_and_named(secret, mistake):
    with pytest.raises(ConfigError, match=f"must start with whsec_: {mistake}") as refusal:
        shop(STRIPE_WEBHOOK_SECRET=secret)
    assert secret not in str(refusal.value)


@pytest.mark.parametrize("url", ["localhost:25", "http://mail.example", "shop@mail.example"])
def test_mail_goes_to_a_mail_server_or_a_folder(url):
    with pytest.raises(ConfigError, match="MAIL_URL must start with smtp://"):
        shop(MAIL_URL=url)


def test_a_publishable_key_is_no_secret_key():
    with pytest.raises(ConfigError, match="STRIPE_SECRET_KEY must start with sk_ or rk_"):
        shop(STRIPE_SECRET_KEY="pk_test_example")


def test_a_secret_key_never_reaches_the_page():
    with pytest.raises(ConfigError, match="STRIPE_PUBLISHABLE_KEY must start with pk_"):
        shop(STRIPE_PUBLISHABLE_KEY="sk_test_example")


def test_a_refused_key_is_not_repeated_in_the_message():
    with pytest.raises(ConfigError) as refusal:
        shop(STRIPE_SECRET_KEY="sk_live_example")
    assert "example" not in str(refusal.value)


def test_without_keys_the_shop_has_the_local_stripes():
    app = shop()
    assert app.config["STRIPE_SECRET_KEY"] == local_stripe.SECRET_KEY
    assert app.config["STRIPE_PUBLISHABLE_KEY"] == local_stripe.PUBLISHABLE_KEY


def test_a_setting_of_the_program_wins_over_the_environment(monkeypatch):
    monkeypatch.setenv("STRIPE_SECRET_KEY", "sk_test_localEnvironment")
    assert shop().config["STRIPE_SECRET_KEY"] == "sk_test_localEnvironment"
    given = shop(STRIPE_SECRET_KEY="sk_test_localGiven")
    assert given.config["STRIPE_SECRET_KEY"] == "sk_test_localGiven"


def test_an_empty_variable_is_no_variable(monkeypatch):
    monkeypatch.setenv("STRIPE_SECRET_KEY", "")
    assert shop().config["STRIPE_SECRET_KEY"] == local_stripe.SECRET_KEY


def test_calls_to_stripe_go_where_the_setting_says_with_the_key_it_says():
    recorder = Recorder()
    app = shop(STRIPE_API_BASE="http://127.0.0.1:12111", STRIPE_HTTP_CLIENT=recorder)
    with pytest.raises(stripe.APIConnectionError):
        app.extensions["stripe"].v1.balance.retrieve()
    assert recorder.url == "http://127.0.0.1:12111/v1/balance"
    assert recorder.key == f"Bearer {local_stripe.SECRET_KEY}"


def test_without_the_setting_they_go_to_stripe():
    recorder = Recorder()
    with pytest.raises(stripe.APIConnectionError):
        shop(STRIPE_HTTP_CLIENT=recorder).extensions["stripe"].v1.balance.retrieve()
    assert recorder.url == "https://api.stripe.com/v1/balance"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_spelling_of_postgresql_means_one_driver(scheme):
    url = database_url(f"{scheme}://shop@localhost/shop")
    assert url.drivername == "postgresql+psycopg"
    assert url.database == "shop"


def test_the_generated_secret_survives_a_restart(tmp_path):
    first = config.load(None, str(tmp_path / "instance"))["SECRET_KEY"]
    second = config.load(None, str(tmp_path / "instance"))["SECRET_KEY"]
    assert first == second
    assert len(first) == 64
    assert [file.name for file in (tmp_path / "instance").iterdir()] == ["secret_key"]


@pytest.mark.parametrize(
    "production", [{**LIVE, "ALLOW_LIVE": "1"}, {"DATABASE_URL": "postgresql://localhost/shop"}]
)
def test_production_wants_a_secret_of_its_own(production, tmp_path):
    with pytest.raises(ConfigError, match="SECRET_KEY must be set in production"):
        config.load(production, str(tmp_path))


def test_a_database_in_memory_serves_several_threads():
    app = shop()
    with app.app_context():
        migrate(db.engine)
        catalogue.seed(db.session)
    with ThreadPoolExecutor(1) as thread:
        items = thread.submit(lambda: app.test_client().get("/items").json).result()
    assert len(items) == 8
    close(app)


def test_passwords_are_hashed_slowly_unless_a_program_says_otherwise():
    method = shop().config["PASSWORD_HASH"]
    assert generate_password_hash("", method).startswith("scrypt:32768:8:1$")
