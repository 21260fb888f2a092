"""What those see who watch the shop, and that nobody else sees it."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from prometheus_client.parser import text_string_to_metric_families as parse

from local_stripe.transport import InProcess
from sample_app.circuit import FAILURES_IN_A_ROW
from sample_app.database import db
from sample_app.models import WebhookEvent, now
from tests.sample_app.conftest import build, close, fill

TOKEN = "for tests"
BODY = {"item_ids": [1], "token": "tok_visa"}


@pytest.fixture
def shop(local):
    app = build("sqlite://", METRICS_TOKEN=TOKEN, STRIPE_HTTP_CLIENT=InProcess(local))
    fill(app)
    yield app
    close(app)


@pytest.fixture
def client(shop):
    return shop.test_client()


@pytest.fixture
def value(client):
    """The value of one series now; None if there is none."""

    def read(name, **labels):
        text = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text
        samples = [sample for family in parse(text) for sample in family.samples]
        found = [s.value for s in samples if s.name == name and labels.items() <= s.labels.items()]
        return sum(found) if found else None

    return read


def event(session, **changes):
    row = {"id": "evt_1", "type": "charge.succeeded", "payload": "{}", **changes}
    session.add(WebhookEvent(**row))
    session.commit()


@pytest.mark.parametrize("shown", [None, "Bearer", "Bearer wrong", TOKEN, f"Basic {TOKEN}", "é"])
def test_who_does_not_know_the_token_finds_no_such_page(client, shown):
    headers = {"Authorization": shown} if shown else {}
    assert client.get("/metrics", headers=headers).status_code == 404


def test_without_a_token_there_is_no_such_page():
    app = build("sqlite://")
    headers = {"Authorization": "Bearer None"}
    assert app.test_client().get("/metrics", headers=headers).status_code == 404
    close(app)


def test_answers_are_counted_by_route_and_not_by_address(client, value):
    of_orders = {"route": "/orders/<order_id>", "status": "404"}
    before = value("shop_request_seconds_count", **of_orders) or 0
    for order_id in ("ord_1", "ord_2"):
        client.get(f"/orders/{order_id}")
    assert value("shop_request_seconds_count", **of_orders) == before + 2


def test_what_fits_no_route_is_one_series_whatever_it_is_called(client, value):
    before = value("shop_request_seconds_count", method="", route="") or 0
    for address in ("/nothing", "/at/all"):
        client.open(address, method="MADEUP")
    assert value("shop_request_seconds_count", method="", route="") == before + 2
    assert value("shop_request_seconds_count", method="MADEUP") is None


def test_what_is_refused_before_any_view_is_counted_too(client, value):
    labels = {"route": "/sign-in", "status": "400"}
    before = value("shop_request_seconds_count", **labels) or 0
    client.post("/sign-in", data={"email": "ada@example.com"})  # with no token of the form
    assert value("shop_request_seconds_count", **labels) == before + 1


def test_a_decline_and_a_failure_of_stripes_are_counted_by_their_class(client, value, local):
    kinds = ("CardError", "APIConnectionError")
    before = [value("shop_stripe_errors_total", kind=kind) or 0 for kind in kinds]
    client.post("/orders", json={**BODY, "token": "tok_chargeDeclined"})
    local.faults.inject("timeout", "*/confirm")
    client.post("/orders", json=BODY)
    after = [value("shop_stripe_errors_total", kind=kind) for kind in kinds]
    assert after == [count + 1 for count in before]


def test_a_circuit_that_is_open_is_seen(client, value, local):
    assert value("shop_circuits_open") == 0
    local.faults.inject("timeout", "*", times=FAILURES_IN_A_ROW)
    for _ in range(FAILURES_IN_A_ROW):
        client.post("/orders", json=BODY)
    assert value("shop_circuits_open") == 1


def test_events_that_wait_and_those_given_up_are_seen_and_how_long_the_oldest_waits(shop, value):
    with shop.app_context():
        event(db.session, id="evt_1", received_at=now() - timedelta(minutes=10))
        event(db.session, id="evt_2")
        event(db.session, id="evt_3", due_at=sa.null(), received_at=now() - timedelta(days=3))
        event(db.session, id="evt_4", due_at=sa.null(), handled_at=now())
    assert value("shop_inbox_events", state="waiting") == 2
    assert value("shop_inbox_events", state="given up") == 1
    assert 600 <= value("shop_inbox_oldest_seconds") < 660


def test_an_empty_inbox_is_not_behind(value):
    assert value("shop_inbox_oldest_seconds") == 0
    assert value("shop_database_up") == 1


def test_the_rest_is_seen_while_the_database_is_away():
    app = build("postgresql://127.0.0.1:1/shop", METRICS_TOKEN=TOKEN)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    response = app.test_client().get("/metrics", headers=headers)
    assert response.status_code == 200
    assert "shop_database_up 0.0" in response.text
    assert "shop_request_seconds" in response.text
    close(app)
