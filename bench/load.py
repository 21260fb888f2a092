"""A minute of orders, while Stripe tells the shop of them: how many, and does its memory grow?

All is as it is deployed: gunicorn with two processes, PostgreSQL, and a Stripe over HTTP, which
delivers a webhook for each thing that happens to an order. The limit is what an app does in its
place that makes the same calls to Stripe, and keeps a row of each order and of each webhook. All
of them, and whoever orders, share the machine.
"""

import http.client
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import sqlalchemy as sa

from bench.bare import kept
from bench.listening import free_port, wait_until_it_listens
from sample_app import catalogue
from sample_app.database import migrate
from sample_app.models import Item, Order, WebhookEvent
from sample_app.order_status import OrderStatus
from tests.postgres import CARELESS, server

ROOT = Path(__file__).parents[1]
SHOPPERS = 8
WARM_UP, MINUTE, LIMIT = 10.0, 60.0, 15.0  # seconds
SECONDS_TO_CATCH_UP = 120.0
PLENTY = 1_000_000  # of each item
ORDER = json.dumps({"item_ids": [1, 5, 5], "token": "tok_visa"})
HEADERS = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class Minute:
    """orders, webhooks: a second
    share: of the orders that are the limit
    memory: resident, at the end against after ten seconds
    lost: orders that were not handed over, and events that were not handled
    """

    orders: float
    webhooks: float
    share: float
    memory: float
    lost: int


def minute_of_orders() -> Minute:
    """Measure the limit, then the shop. Raises `pytest.skip.Exception` without a PostgreSQL."""
    with server(CARELESS) as postgresql:
        engine = sa.create_engine(postgresql.url)
        _fill(engine)
        with _deployed("bench.bare:create_app()", postgresql.url) as bare:
            _order_for(WARM_UP, bare.port)
            limit = _order_for(LIMIT, bare.port) / LIMIT
        with _deployed("sample_app:create_app()", postgresql.url) as shop:
            _order_for(WARM_UP, shop.port)
            before, told = shop.memory(), _handled(engine)
            orders = _order_for(MINUTE, shop.port) / MINUTE
            webhooks = (_handled(engine) - told) / MINUTE
            memory = shop.memory() / before
            _catch_up(engine)
        lost = _lost(engine)
        engine.dispose()
    return Minute(orders, webhooks, orders / limit, memory, lost)


@dataclass(frozen=True, slots=True)
class _Served:
    port: int
    process: psutil.Process

    def memory(self) -> int:
        """Bytes that gunicorn and its workers hold."""
        family = [self.process, *self.process.children(recursive=True)]
        return sum(each.memory_info().rss for each in family)


@contextmanager
def _deployed(app: str, database: sa.URL) -> Iterator[_Served]:
    """Serve an app, and run the Stripe that it asks and that tells it."""
    port = free_port()
    webhook = f"http://127.0.0.1:{port}/webhooks/stripe"
    stripe = [sys.executable, "-m", "local_stripe", "serve", "--port", "0", "--webhook", webhook]
    gunicorn = [sys.executable, "-m", "gunicorn", app]
    with _running(stripe, {}, stdout=subprocess.PIPE) as told:
        assert told.stdout
        words = told.stdout.readline().split()
        environment = {
            "BIND": f"127.0.0.1:{port}",
            "WEB_CONCURRENCY": "2",
            "DATABASE_URL": database.render_as_string(hide_password=False),
            "STRIPE_API_BASE": words[2],
            "STRIPE_WEBHOOK_SECRET": words[-1],
            "SECRET_KEY": "for-the-bench",
            "RATE_LIMITS": "off",
        }
        with _running(gunicorn, environment, stdout=subprocess.DEVNULL) as process:
            wait_until_it_listens(port)
            yield _Served(port, psutil.Process(process.pid))


@contextmanager
def _running(
    command: list[str], environment: Mapping[str, str], stdout: int
) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(  # noqa: S603 - our own arguments
        command,
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=stdout,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.communicate()


def _order_for(seconds: float, port: int) -> int:
    """How many orders are answered until the time is over."""
    over = threading.Event()
    with ThreadPoolExecutor(SHOPPERS) as crowd:
        shoppers = [crowd.submit(_order_until, over, port) for _ in range(SHOPPERS)]
        time.sleep(seconds)
        over.set()
    return sum(shopper.result() for shopper in shoppers)


def _order_until(over: threading.Event, port: int) -> int:
    number = 0
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    while not over.is_set():
        connection.request("POST", "/orders", ORDER, HEADERS)
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 201:
            raise RuntimeError(f"an order was answered {answer.status}: {body.decode()}")
        number += 1
    connection.close()
    return number


def _fill(engine: sa.Engine) -> None:
    migrate(engine)
    with sa.orm.Session(engine) as session:
        catalogue.seed(session)
        session.execute(sa.update(Item).values(stock=PLENTY))
        session.commit()
    kept.create(engine)


def _handled(engine: sa.Engine) -> int:
    return _count(engine, WebhookEvent.handled_at.is_not(None))


def _lost(engine: sa.Engine) -> int:
    paid = Order.status == OrderStatus.PAID
    waiting = Order.status == OrderStatus.PENDING
    return _count(engine, WebhookEvent.handled_at.is_(None)) + _count(
        engine, sa.or_(waiting, paid & Order.fulfilled_at.is_(None))
    )


def _count(engine: sa.Engine, which: sa.ColumnElement[bool]) -> int:
    with engine.connect() as connection:
        return connection.scalar(sa.select(sa.func.count()).where(which)) or 0


def _catch_up(engine: sa.Engine) -> None:
    """Wait until Stripe has told all, or for so long: events come no more, and none is open."""
    deadline = time.monotonic() + SECONDS_TO_CATCH_UP
    told = -1
    while time.monotonic() < deadline and (told < (told := _handled(engine)) or _lost(engine)):
        time.sleep(2)
