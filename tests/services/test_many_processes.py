"""gunicorn, Celery, PostgreSQL and Redis for real, killed while they work.

Whatever dies, everything that was paid is fulfilled, once.
"""

import json
import os
import shutil
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
import sqlalchemy as sa
from celery import Celery

from sample_app.models import WebhookEvent
from tests.services.deployment import METRICS_TOKEN, deployed
from tests.waiting import eventually

if os.name != "posix":
    pytest.skip("gunicorn runs on Linux and macOS only", allow_module_level=True)

pytestmark = pytest.mark.timeout(300)  # on a machine that is busy with other tests

KEY = "5f0c3a52-7c1d-4c0e-9f39-3b1f6f2f0f11"
LONG = 15.0  # seconds: nobody answers before it is killed


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with deployed(tmp_path_factory.mktemp("deployment")) as shop:
        yield shop


def test_a_worker_fulfils_what_was_paid_on_stripes_page(shop):
    order_id = shop.pay_at_checkout([1, 2, 2])
    eventually(lambda: shop.has_fulfilled(order_id))
    shop.assert_all_is_right()


def test_an_order_is_charged_once_when_the_process_that_charges_it_is_killed(shop):
    slow = shop.local.faults.inject("slow", "*/confirm", "POST", seconds=LONG)
    with ThreadPoolExecutor(1) as customer:
        first = customer.submit(shop.order, "tok_visa", [1, 5], KEY)
        eventually(lambda: slow.struck)
        shop.kill_workers_of("web")
        with pytest.raises(requests.ConnectionError):
            first.result()
    eventually(shop.is_ready)
    again = shop.order("tok_visa", [1, 5], KEY)
    assert (again.status_code, again.json()["status"]) == (201, "paid")
    shop.assert_all_is_right()


@pytest.mark.parametrize("dies", ["a process of its pool", "its machine"])
def test_an_event_is_handled_when_the_worker_that_had_it_is_killed(shop, dies):
    slow = shop.local.faults.inject("slow", "/v1/checkout/sessions/*", "GET", seconds=LONG)
    order_id = shop.pay_at_checkout([3])
    eventually(lambda: slow.struck)
    if dies == "its machine":
        shop.kill("worker")
        shop.start("worker")
    else:
        shop.kill_workers_of("worker")
    shop.let_time_pass()
    eventually(lambda: shop.has_fulfilled(order_id))
    shop.assert_all_is_right()
    with shop.database() as session:
        about = WebhookEvent.payload.contains(order_id)
        assert session.scalar(sa.select(sa.func.max(WebhookEvent.attempts)).where(about)) > 1


def test_what_stripe_tells_while_redis_is_away_waits_and_is_handled(shop):
    before = len(shop.local.webhooks.attempts)
    shop.broker.stop()
    assert shop.get("/readyz").json() == {"database": "ok", "broker": "no answer"}
    order_id = shop.pay_at_checkout([4, 4])
    eventually(lambda: order_id in "".join(event.payload for event in shop.unhandled()))
    eventually(lambda: not shop.local.due())
    meanwhile = list(shop.local.webhooks.attempts)[before:]
    assert {attempt.status for attempt in meanwhile} == {200}
    assert not shop.has_fulfilled(order_id)
    shop.broker.start()
    eventually(lambda: shop.has_fulfilled(order_id))
    shop.assert_all_is_right()


def test_whoever_writes_to_redis_sends_no_worker_home(shop):
    Celery(broker=shop.broker.url).control.shutdown()
    order_id = shop.pay_at_checkout([2])
    eventually(lambda: shop.has_fulfilled(order_id))
    shop.assert_all_is_right()
    assert shop.is_running("worker")


def test_among_many_customers_anything_may_be_killed(shop):
    ways = [
        lambda: shop.order_until_answered("tok_visa", [6, 6]),
        lambda: shop.pay_at_checkout([7]),
    ]
    with ThreadPoolExecutor(4) as customers:
        orders = [customers.submit(ways[number % 2]) for number in range(20)]
        eventually(orders[4].done)
        shop.kill_workers_of("web")
        eventually(orders[8].done)
        shop.kill("worker")
        shop.broker.stop()
        eventually(orders[12].done)
        shop.broker.start()
        shop.start("worker")
        for order in orders:
            order.result()
    shop.let_time_pass()
    shop.assert_all_is_right()


def test_the_processes_add_up_what_they_measure(shop):
    for _ in range(20):
        shop.get("/healthz")
    shown = shop.get("/metrics", Authorization=f"Bearer {METRICS_TOKEN}").text
    [line] = [
        line
        for line in shown.splitlines()
        if line.startswith("shop_request_seconds_count") and "/healthz" in line
    ]
    assert line == 'shop_request_seconds_count{method="GET",route="/healthz",status="200"} 20.0'
    assert 'shop_inbox_events{state="waiting"} 0.0' in shown


def test_workers_start_when_somebody_tidied_up_the_folder_of_the_metrics(shop):
    [folder] = shop.log("web").parent.glob("metrics-*")
    shutil.rmtree(folder)
    shop.kill_workers_of("web")
    eventually(shop.is_ready)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700  # nobody else's business, still
    assert "/readyz" in shop.get("/metrics", Authorization=f"Bearer {METRICS_TOKEN}").text


def test_each_line_of_the_log_is_an_object_and_none_holds_a_secret(shop):
    lines = shop.log("web").read_text(encoding="utf-8").splitlines()
    written = [json.loads(line) for line in lines]
    assert all(line.keys() >= {"time", "level", "logger", "message"} for line in written)
    assert [line for line in written if "order_id" in line and "request_id" in line]
    logs = "".join(shop.log(name).read_text(encoding="utf-8") for name in ("web", "worker", "beat"))
    assert not [secret for secret in ("tok_", "whsec_", "ada@", "sk_test_") if secret in logs]
