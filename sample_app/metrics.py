"""`/metrics`: what to watch while the shop sells, in Prometheus' words.

    shop_request_seconds          by route and status: 402 is a declined card, from 500 on our fault
    shop_stripe_errors_total      by class of the SDK's errors, declines included
    shop_circuits_open            processes that ask Stripe nothing just now; see circuit.py
    shop_database_up              0 while it does not answer
    shop_inbox_events             by state: waiting, and given up: those need a person
    shop_inbox_oldest_seconds     how long the oldest event waits: webhooks are behind

A label is a route (`/orders/<order_id>`), never an address: each address would be a series of its
own. Turnover is nobody else's business, so whoever asks shows `METRICS_TOKEN`; an address proves
nothing, since behind a proxy everybody may seem to come from this very machine.

Several processes of gunicorn add up in the folder `PROMETHEUS_MULTIPROC_DIR`; see gunicorn.conf.py.
https://prometheus.github.io/client_python/multiprocess/
"""

import hmac
import os
import time
from collections.abc import Iterable

import stripe
from flask import Blueprint, Flask, Response, abort, current_app, g, request, request_started
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Metric,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from sample_app import inbox, stripe_errors
from sample_app.database import db
from sample_app.models import now

metrics = Blueprint("metrics", __name__)

REQUESTS = Histogram(
    "shop_request_seconds", "Seconds that an answer took.", ["method", "route", "status"]
)
STRIPE_ERRORS = Counter("shop_stripe_errors", "Errors that the SDK raised.", ["kind"])
CIRCUITS = Gauge(
    "shop_circuits_open", "Processes that do not ask Stripe.", multiprocess_mode="livesum"
)


def init_app(app: Flask) -> None:
    """Measure every request, and every error of Stripe's."""
    request_started.connect(start_the_clock, app)  # before anything can refuse
    app.after_request(measure)
    stripe_errors.logged.connect(count)
    app.register_blueprint(metrics)


@metrics.get("/metrics")
def show() -> Response:
    """All metrics, of all processes; 404 to whoever does not know the token."""
    shown = request.headers.get("Authorization", "").encode()
    wanted = f"Bearer {current_app.config['METRICS_TOKEN']}".encode()
    if not hmac.compare_digest(shown, wanted):
        abort(404)
    registry = CollectorRegistry()
    registry.register(Inbox())
    measured = generate_latest(_of_all_processes()) + generate_latest(registry)
    return Response(measured, content_type=CONTENT_TYPE_LATEST)


class Inbox(Collector):
    """Counted when asked: all processes share it."""

    def collect(self) -> Iterable[Metric]:
        try:
            state = inbox.state(db.session)
        except SQLAlchemyError:
            yield _database_up(0)
            return
        yield _database_up(1)
        events = GaugeMetricFamily(
            "shop_inbox_events", "Events that are not handled.", labels=["state"]
        )
        events.add_metric(["waiting"], state.waiting)
        events.add_metric(["given up"], state.given_up)
        yield events
        seconds = (now() - state.oldest).total_seconds() if state.oldest else 0
        yield GaugeMetricFamily(
            "shop_inbox_oldest_seconds", "Age of the oldest that waits.", seconds
        )


def start_the_clock(_app: Flask) -> None:
    g.began = time.perf_counter()


def measure(response: Response) -> Response:
    """Note the answer. What fits no route is one series, whatever its address and its method."""
    seconds = time.perf_counter() - g.began
    method, route = (request.method, request.url_rule.rule) if request.url_rule else ("", "")
    REQUESTS.labels(method, route, response.status_code).observe(seconds)
    CIRCUITS.set(current_app.extensions["circuit"].is_open)
    return response


def count(error: stripe.StripeError) -> None:
    STRIPE_ERRORS.labels(type(error).__name__).inc()


def _database_up(value: int) -> Metric:
    return GaugeMetricFamily("shop_database_up", "Whether the database answers.", value)


def _of_all_processes() -> CollectorRegistry:
    """What every process of gunicorn wrote into their folder; without one, what this one knows."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    return registry
