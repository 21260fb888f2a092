"""A Stripe and a shop for one check, apart from the learner's own.

bench = Practice()
answer(bench.client)
expect(len(bench.sent("POST", "/v1/payment_intents")) == 1, "…")
"""

from __future__ import annotations

import re
import shutil
import sqlite3
import tempfile
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import stripe
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, NullPool, create_engine, event
from sqlalchemy.orm import DeclarativeBase

from classroom.connection import Connection, local_connection
from classroom.delivery import WEBHOOKS, Deliveries, Endpoint, Listeners
from classroom.exercise import Mistake
from classroom.site import new_shop
from classroom.traffic import Journal
from local_stripe import PUBLISHABLE_KEY, LocalStripe, Policies
from local_stripe.messages import Exchange


@dataclass(frozen=True)
class Sent:
    """A call that reached the practice Stripe; parameters as sent: `metadata[order_id]`."""

    method: str
    path: str
    params: dict[str, str]
    idempotency_key: str | None
    status: int


class Practice:
    """A fresh local Stripe, a client for it and a fresh shop; none of it is in `timeline()`."""

    def __init__(self, policies: Policies | None = None) -> None:
        self.local = LocalStripe(policies=policies)
        self._connection: Connection = local_connection(self.local, Journal())
        self._listeners = Listeners(self.local)

    @cached_property
    def client(self) -> stripe.StripeClient:
        """Stripe's own client, calling this Stripe."""
        return self._connection.client

    def shop(self, **config: object) -> Flask:
        """A shop with the demo catalogue, in memory, that pays through this Stripe."""
        folder = Path(tempfile.mkdtemp(prefix="practice-"))
        app = new_shop(self._connection, "sqlite://", folder, **config)
        weakref.finalize(app, shutil.rmtree, folder, ignore_errors=True)
        return app

    def listen(self, app: Flask, path: str = WEBHOOKS) -> Endpoint:
        """Have this Stripe deliver every event to an app; its config gets the signing secret."""
        return self._listeners.add(app, path)

    def deliver(self) -> Deliveries:
        """Deliver each webhook that is due, once."""
        return self._listeners.deliver()

    def answer_bank(self, intent: stripe.PaymentIntent, outcome: str = "authenticated") -> None:
        """Press a button on the bank's page of a PaymentIntent: "authenticated" or "failed"."""
        action: Any = intent.next_action
        self.client.raw_request(
            "post",
            "/v1/3ds2/challenge_complete",
            client_secret=intent.client_secret,
            source=dict(parse_qsl(urlsplit(action.redirect_to_url.url).query))["source"],
            outcome=outcome,
            api_key=PUBLISHABLE_KEY,
        )

    def sent(self, method: str = "", path: str = "") -> list[Sent]:
        """The calls so far, oldest first; those with that method and a path that starts so."""
        calls = map(_sent, self.local.log)
        return [
            call for call in calls if method in (call.method, "") and call.path.startswith(path)
        ]


def named(got: object) -> str:
    """What an answer returned, as a message names it; of an object of Stripe's, its class."""
    if isinstance(got, stripe.StripeObject):
        return f"a {type(got).__name__} of Stripe's"
    return repr(got)


def browser_at(answer: Callable[..., object], *given: object) -> FlaskClient:
    """A browser at the Flask app that an answer makes. Raises `Mistake` when that is none."""
    app = answer(*given)
    if not isinstance(app, Flask):
        raise Mistake(f"Called {answer.__name__}, returned {app!r}, expected a Flask app.")
    return app.test_client()


def shared_database(base: type[DeclarativeBase]) -> Engine:
    """An empty database on disk, which several processes may open; it goes with the engine."""
    folder = tempfile.mkdtemp(prefix="practice-")
    engine = create_engine(f"sqlite:///{folder}/shop.db", poolclass=NullPool)
    weakref.finalize(engine, shutil.rmtree, folder, ignore_errors=True)
    event.listen(engine, "connect", _do_not_wait_for_the_disk)
    base.metadata.create_all(engine)
    return engine


def _do_not_wait_for_the_disk(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA synchronous = OFF")


@contextmanager
def row_locks(table: str) -> Iterator[list[str]]:
    """Collect the queries that lock rows of a table, on a database that can lock them.

    SQLite has one writer at a time, and SQLAlchemy does not tell it of `FOR UPDATE`.
    """
    found: list[str] = []

    def note(_connection: object, statement: object, *_: object) -> None:
        sql = str(statement)
        if re.search(rf"FROM\b.*\b{table}\b.*FOR UPDATE", sql, re.DOTALL):
            found.append(sql)

    event.listen(Engine, "before_execute", note)
    try:
        yield found
    finally:
        event.remove(Engine, "before_execute", note)


def _sent(exchange: Exchange) -> Sent:
    request = exchange.request
    return Sent(
        method=request.method,
        path=request.path,
        params=dict(parse_qsl(request.query) + parse_qsl(request.body.decode())),
        idempotency_key=request.headers.get("idempotency-key"),
        status=exchange.response.status,
    )
