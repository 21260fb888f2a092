"""How many webhooks the shop accepts, and whether its pages slow down as it sells."""

import itertools
import json
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import sqlalchemy as sa
import stripe
from flask import Flask
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder, run_wsgi_app

from bench.in_process import payer
from bench.timing import seconds_each
from local_stripe import SECRET_KEY, LocalStripe
from local_stripe.transport import InProcess
from sample_app import catalogue, create_app, inbox
from sample_app.database import db, migrate
from sample_app.models import Order, OrderItem, now
from tests.postgres import cluster

SECRET = "whsec_localForTheBench"  # noqa: S105 - signs nothing but what is made here
CALLS, ROUNDS = 100, 9


@dataclass(frozen=True, slots=True)
class Acceptance:
    """share: webhooks a second, as a share of the same inserts and commits without Flask
    p99: seconds in which 99 of 100 are answered
    """

    share: float
    p99: float


def webhooks_by_database() -> Iterator[tuple[str, Acceptance]]:
    """Accept webhooks on SQLite, in a file, and on PostgreSQL, if the machine has it."""
    with TemporaryDirectory() as folder:
        yield "SQLite", accept_webhooks(f"sqlite:///{Path(folder) / 'shop.db'}")
    with suppress(pytest.skip.Exception), cluster() as url:
        yield "PostgreSQL", accept_webhooks(url.render_as_string(hide_password=False))


def accept_webhooks(url: str) -> Acceptance:
    """Verify, keep, commit, answer; the work that comes after the answer is left undone."""
    with _shop(url) as app:
        deliveries = iter([_delivery(event) for event in _events("evt_posted")])
        kept = iter(_events("evt_kept"))
        took: list[float] = []

        def accept() -> None:
            request = next(deliveries)
            began = time.perf_counter()
            _, status, _ = run_wsgi_app(app, request)
            took.append(time.perf_counter() - began)
            if status != "200 OK":
                raise RuntimeError(f"a webhook was answered {status}")

        def keep() -> None:
            event_id, payload = next(kept)
            with app.app_context(), db.sessionmaker() as session:
                inbox.keep(session, event_id, "payment_intent.succeeded", payload)

        seconds = seconds_each({"accept": accept, "keep": keep}, calls=CALLS, rounds=ROUNDS)
    return Acceptance(
        share=seconds["keep"] / seconds["accept"], p99=sorted(took)[len(took) * 99 // 100]
    )


def with_many_orders(few: int = 1_000, many: int = 100_000) -> float:
    """How many times longer the page of an order takes beside `many` orders than beside `few`."""
    with TemporaryDirectory() as folder:
        small, large = (f"sqlite:///{Path(folder) / name}.db" for name in ("small", "large"))
        with _filled(small, few) as look, _filled(large, many) as look_beside_many:
            pages = {"few": look, "many": look_beside_many}
            seconds = seconds_each(pages, calls=CALLS, rounds=ROUNDS)
    return seconds["many"] / seconds["few"]


@contextmanager
def _shop(url: str) -> Iterator[Flask]:
    app = create_app(
        {"DATABASE_URL": url, "SECRET_KEY": "for-the-bench", "STRIPE_WEBHOOK_SECRET": SECRET}
    )
    with app.app_context():
        migrate(db.engine)
        catalogue.seed(db.session)
    yield app
    with app.app_context():
        db.engine.dispose()


def _events(prefix: str) -> list[tuple[str, str]]:
    """The news of one payment, as often as it is needed, under an id each: id and body."""
    local = LocalStripe()
    payer(InProcess(local))()
    client = stripe.StripeClient(SECRET_KEY, http_client=InProcess(local))
    [event] = client.v1.events.list({"type": "payment_intent.succeeded"}).data
    news = event.to_dict()
    ids = [f"{prefix}_{number}" for number in range(CALLS * ROUNDS)]
    return [(event_id, json.dumps({**news, "id": event_id})) for event_id in ids]


def _delivery(event: tuple[str, str]) -> dict[str, Any]:
    """The request that brings an event."""
    payload = event[1]
    signature = stripe.WebhookSignature.generate_signature_header(payload, SECRET)
    request = EnvironBuilder(
        path="/webhooks/stripe",
        method="POST",
        data=payload.encode(),
        headers=Headers([("Stripe-Signature", signature)]),
    )
    return request.get_environ()


@contextmanager
def _filled(url: str, orders: int) -> Iterator[Callable[[], object]]:
    """A shop with so many orders; gives a look at the page of any one of them."""
    ids = [f"ord_{secrets.token_urlsafe(16)}" for _ in range(orders)]
    with _shop(url) as app:
        with app.app_context(), db.engine.begin() as connection:
            connection.execute(sa.insert(Order), [_order(order_id) for order_id in ids])
            lines = [line for order_id in ids for line in _lines(order_id)]
            connection.execute(sa.insert(OrderItem), lines)
        anyone = itertools.cycle(ids[:: max(1, orders // CALLS)])
        yield lambda: _open(app, f"/shop/orders/{next(anyone)}")


def _order(order_id: str) -> dict[str, object]:
    return {"id": order_id, "amount": 41700, "currency": "usd", "created_at": now()}


def _lines(order_id: str) -> list[dict[str, object]]:
    prices = {1: 3900, 2: 24900, 3: 12900}
    return [
        {"order_id": order_id, "item_id": item_id, "quantity": 1, "unit_price": price}
        for item_id, price in prices.items()
    ]


def _open(app: Flask, path: str) -> None:
    _, status, _ = run_wsgi_app(app, EnvironBuilder(path=path).get_environ())
    if status != "200 OK":
        raise RuntimeError(f"{path} was answered {status}")
