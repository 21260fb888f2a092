"""The log for programs: an object a line, with the request and the order, and without secrets."""

import json
import logging

import pytest

from local_stripe.transport import InProcess
from sample_app.config import ConfigError
from tests.sample_app.conftest import build, close, fill


@pytest.fixture
def build_shop(local):
    """Builds a shop that logs for programs; afterwards, logging is as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    shops = []

    def build_one(**settings):
        settings = {"LOG_FORMAT": "json", "STRIPE_HTTP_CLIENT": InProcess(local), **settings}
        shops.append(build("sqlite://", **settings))
        fill(shops[-1])
        return shops[-1]

    yield build_one
    root.handlers[:] = handlers
    root.setLevel(level)
    for app in shops:
        app.logger.setLevel(logging.NOTSET)
        close(app)


@pytest.fixture
def written(capsys):
    """What was written to standard error, as objects."""
    return lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_line_says_when_how_grave_where_and_what(build_shop, written):
    build_shop().logger.warning("It is %s.", "late")
    [line] = written()
    assert line.pop("time")
    assert line == {"level": "WARNING", "logger": "sample_app", "message": "It is late."}


def test_a_line_about_a_request_names_it_as_the_answer_does_and_its_order(
    build_shop, written, local
):
    local.faults.inject("timeout", "*/confirm")
    client = build_shop().test_client()
    response = client.post("/orders", json={"item_ids": [1], "token": "tok_visa"})
    [line] = written()
    assert line["request_id"] == response.headers["X-Request-ID"]
    assert line["order_id"].startswith("ord_")
    assert line["order_id"] in line["message"]


@pytest.mark.parametrize("name", ["sample_app", "stripe", "celery", "gunicorn.access", "root"])
def test_no_secret_is_written_whatever_library_logs_it(build_shop, written, name):
    build_shop()
    try:
        raise ValueError("no customer ada@example.com")
    except ValueError:
        logging.getLogger(name).exception("charged %s", "tok_visa")
    [line] = written()
    assert line["message"] == "charged [token]"
    assert line["exc_info"].endswith("no customer [e-mail]")


@pytest.mark.parametrize("secret", ["ada@example.com", "4242424242424242"])
def test_what_a_visitor_calls_an_order_or_a_request_is_no_way_around_that(
    build_shop, written, secret
):
    shop = build_shop(TRUSTED_PROXIES="1")
    headers = {"X-Request-ID": secret}
    with shop.test_request_context(f"/orders/{secret}", headers=headers):
        shop.logger.error("The database failed.")
    [line] = written()
    assert secret not in str(line)


def test_a_line_with_a_break_in_it_stays_one_line(build_shop, written):
    build_shop().logger.error('first\n{"level": "INFO"}')
    [line] = written()
    assert line["level"] == "ERROR"


def test_each_request_has_an_id_of_its_own(client):
    ids = {client.get("/items").headers["X-Request-ID"] for _ in range(3)}
    assert len(ids) == 3


@pytest.mark.parametrize(
    ("proxies", "sent", "kept"),
    [
        ("1", "7f3a-00.x_Y", True),
        ("0", "7f3a-00.x_Y", False),
        ("1", "x" * 65, False),
        ("1", 'x", "level": "INFO', False),
    ],
)
def test_only_a_proxy_of_ours_names_a_request_and_only_by_a_plain_name(proxies, sent, kept):
    app = build("sqlite://", TRUSTED_PROXIES=proxies)
    answer = app.test_client().get("/healthz", headers={"X-Request-ID": sent})
    assert (answer.headers["X-Request-ID"] == sent) is kept
    close(app)


def test_there_are_two_ways_to_write_a_log():
    with pytest.raises(ConfigError, match="LOG_FORMAT must be text or json"):
        build("sqlite://", LOG_FORMAT="xml")
