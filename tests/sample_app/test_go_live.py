"""The go-live checklist: what each line finds, and a shop that it has nothing against."""

import pytest
import sqlalchemy as sa

from sample_app.database import db
from sample_app.go_live import CHECKS
from tests.redis_server import RedisServer
from tests.sample_app.conftest import WEBHOOK_SECRET, address, build, close

LIVE = {
    "STRIPE_SECRET_KEY": "rk_live_visiblyFake",
    "STRIPE_PUBLISHABLE_KEY": "pk_live_visiblyFake",
    "ALLOW_LIVE": "1",
    "STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
    "SECRET_KEY": "only for tests, and of a good length",
    "TRUSTED_HOSTS": "localhost,shop.example",
    "TRUSTED_PROXIES": "1",
    "MAIL_URL": "smtps://shop:secret@mail.example",
    "MAIL_FROM": "orders@furniture.example",
    "RATE_LIMITS": "on",
    "METRICS_TOKEN": "only for tests, and of a good length",
    "TESTING": False,
}
NOBODY = "redis://127.0.0.1:1"
ALL = [check.what for check in CHECKS]


def check_live(app):
    """Exit code, and what the lines say is still to do."""
    result = app.test_cli_runner().invoke(args=["check-live"])
    return result.exit_code, [what for what in ALL if f"to do  {what}" in result.output], result


@pytest.fixture(scope="module")
def redis(tmp_path_factory):
    with RedisServer(tmp_path_factory.mktemp("redis")) as server:
        yield {"RATE_LIMIT_STORAGE": server.url, "CELERY_BROKER_URL": server.url}


@pytest.fixture
def shop(postgresql_app, redis):
    """Builds a live shop, with other settings, on a database that has all its tables."""
    with postgresql_app.app_context():
        url = address(db.engine.url)
    built = []

    def build_shop(**settings):
        built.append(build(**{**LIVE, **redis, "url": url, **settings}))
        return built[-1]

    yield build_shop
    for app in built:
        close(app)


def test_a_shop_in_which_all_holds_may_go_live(shop):
    code, to_do, result = check_live(shop())
    assert (code, to_do) == (0, [])
    assert result.output.endswith(f"{len(ALL)} of {len(ALL)} hold.\n")


def test_a_shop_of_a_lesson_may_not(sqlite_app):
    code, to_do, _ = check_live(sqlite_app)
    assert code == 1
    assert len(to_do) > len(ALL) / 2


TEST_KEYS = {"STRIPE_SECRET_KEY": "sk_test_localX", "STRIPE_PUBLISHABLE_KEY": "pk_test_localX"}


@pytest.mark.parametrize(
    ("settings", "missing"),
    [
        ({"STRIPE_SECRET_KEY": "sk_live_visiblyFake"}, ["The secret key is live, and restricted"]),
        (TEST_KEYS, ["The secret key is live", "The publishable key is live"]),
        ({"STRIPE_API_BASE": "http://127.0.0.1:12111"}, ["Stripe itself is asked"]),
        ({"STRIPE_JS_URL": "http://127.0.0.1:12111/v3/"}, ["Stripe itself is asked"]),
        ({"STRIPE_WEBHOOK_SECRET": None}, ["Webhooks are taken"]),
        ({"SECRET_KEY": "short"}, ["The key that signs sessions is long"]),
        ({"TRUSTED_HOSTS": "localhost"}, ["The shop knows its name", "Over https"]),
        ({"TRUSTED_PROXIES": "0"}, ["It knows of the proxy"]),
        ({"FRAME_ANCESTORS": "*"}, ["No other site shows it in a frame"]),
        ({"MAIL_URL": "file:///a/folder"}, ["Mail goes to a mail server"]),
        ({"MAIL_FROM": "orders@shop.example"}, ["Mail comes from an address"]),
        ({"RATE_LIMITS": "off"}, ["Rate limits are on"]),
        ({"RATE_LIMIT_STORAGE": "memory://"}, ["All processes count them together"]),
        ({"RATE_LIMIT_STORAGE": NOBODY}, ["All processes count them together"]),
        ({"CELERY_BROKER_URL": NOBODY}, ["What webhooks start is handed to workers"]),
        ({"CELERY_BROKER_URL": None}, ["What webhooks start is handed to workers"]),
        ({"METRICS_TOKEN": None}, ["Somebody may watch it, and nobody else"]),
        ({"METRICS_TOKEN": "short"}, ["Somebody may watch it, and nobody else"]),
        ({"TESTING": True}, ["Nothing is debugged"]),
        ({"url": "sqlite://"}, ["The database is PostgreSQL", "The database answers"]),
        ({"url": "postgresql://127.0.0.1:1/shop"}, ["The database answers"]),
    ],
    ids=str,
)
def test_what_is_missing_is_named_and_nothing_else(shop, settings, missing):
    code, to_do, _ = check_live(shop(**settings))
    assert code == 1
    assert [what[: len(start)] for what, start in zip(to_do, missing, strict=True)] == missing


def test_a_debugger_is_found(shop, monkeypatch):
    monkeypatch.setenv("FLASK_DEBUG", "1")
    assert check_live(shop())[1] == ["Nothing is debugged"]


@pytest.fixture
def old_tables(postgresql_app):
    """Tables that say that they are of the first version."""

    def set_version(version):
        with postgresql_app.app_context(), db.engine.begin() as connection:
            old = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
            update = sa.text("UPDATE alembic_version SET version_num = :version")
            connection.execute(update, {"version": version})
        return old

    newest = set_version("0001")
    yield
    set_version(newest)


@pytest.mark.usefixtures("old_tables")
def test_tables_of_an_older_version_are_found(shop):
    assert check_live(shop())[1] == ["The database answers, and its tables are the newest"]


def test_migrating_makes_the_tables_and_no_goods(tmp_path):
    app = build(f"sqlite:///{tmp_path}/shop.db")
    assert app.test_cli_runner().invoke(args=["migrate"]).exit_code == 0
    assert app.test_client().get("/items").json == []
    assert "The database answers, and its tables are the newest" not in check_live(app)[1]
    close(app)
