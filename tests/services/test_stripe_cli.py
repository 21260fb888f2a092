"""Stripe's own CLI, unchanged, against the local Stripe: what a learner types, and what happens."""

import json
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa
import stripe
from flask import Flask
from werkzeug.serving import make_server

from local_stripe import SECRET_KEY, LocalStripe, Policies, WallClock
from local_stripe.server import start
from local_stripe.transport import InProcess
from sample_app import create_app
from sample_app.database import db, migrate
from sample_app.models import WebhookEvent
from tests.node import stripe_cli

HOOKS = "http://127.0.0.1:4242/hooks"
TEN_DAYS = 10 * 24 * 3600  # by then every bank debit is settled
RETURN = ("--add", "setup_intent:return_url=https://example.com/return")

# The types of `stripe trigger` that the course speaks of, and what to say beside the type.
TRIGGERS: dict[str, tuple[str, ...]] = {
    "charge.captured": (),
    "charge.dispute.closed": (),
    "charge.dispute.created": (),
    "charge.dispute.updated": (),
    "charge.failed": (),
    "charge.refund.updated": (),
    "charge.refunded": (),
    "charge.succeeded": (),
    "checkout.session.async_payment_failed": (),
    "checkout.session.async_payment_succeeded": (),
    "checkout.session.completed": (),
    "checkout.session.expired": (),
    "customer.created": (),
    "customer.deleted": (),
    "customer.source.created": (),
    "customer.source.updated": (),
    "customer.updated": (),
    "payment_intent.amount_capturable_updated": (),
    "payment_intent.canceled": (),
    "payment_intent.created": (),
    "payment_intent.payment_failed": (),
    "payment_intent.processing": (),
    "payment_intent.requires_action": (),
    "payment_intent.succeeded": (),
    "payment_method.attached": (),
    "payment_method.detached": (),
    "payment_method.updated": RETURN,
    "price.created": (),
    "price.updated": (),
    "product.created": (),
    "product.deleted": (),
    "product.updated": (),
    "setup_intent.canceled": (),
    "setup_intent.created": (),
    "setup_intent.requires_action": RETURN,
    "setup_intent.setup_failed": (),
    "setup_intent.succeeded": (),
}
LATER = {
    "balance.available": "funds that skip the pending balance",
    "invoice.created": "POST /v1/invoiceitems",
}


@dataclass
class CLI:
    """Stripe's CLI, with an account, a configuration of its own, and no way out of this machine."""

    api: str
    folder: Path

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command, from its start to its end."""
        command, environment = self._prepared(words)
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=60, check=False
        )

    @contextmanager
    def running(self, *words: str) -> Iterator[Callable[[str], str]]:
        """A command that goes on; gives what waits for the next line with some text in it."""
        command, environment = self._prepared(words)
        process = subprocess.Popen(
            command,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

        def line_with(text: str) -> str:
            return next(line for line in process.stdout if text in line)

        with process:
            try:
                yield line_with
            finally:
                process.kill()

    def _prepared(self, words: tuple[str, ...]) -> tuple[list[str], dict[str, str]]:
        command = [stripe_cli(), *words, "--api-base", self.api, "--api-key", SECRET_KEY]
        environment = {
            **os.environ,
            "GOGC": "off",  # a short life needs no tidying up
            "HTTPS_PROXY": "http://127.0.0.1:9",  # nobody: it would ask for newer versions
            "STRIPE_CLI_TELEMETRY_OPTOUT": "1",
            "XDG_CONFIG_HOME": str(self.folder),
        }
        return command, environment


@pytest.fixture(scope="module")
def local() -> LocalStripe:
    """An account that still takes card tokens on customers."""
    return LocalStripe(clock=WallClock(), policies=Policies(token_charges=True))


@pytest.fixture(scope="module")
def client(local: LocalStripe) -> stripe.StripeClient:
    return stripe.StripeClient(SECRET_KEY, http_client=InProcess(local))


@pytest.fixture(scope="module")
def cli(local: LocalStripe, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CLI]:
    with start(local) as server:
        yield CLI(server.url, tmp_path_factory.mktemp("stripe-cli"))


@pytest.fixture(scope="module")
def triggered(
    cli: CLI, client: stripe.StripeClient, local: LocalStripe
) -> tuple[dict[str, subprocess.CompletedProcess[str]], set[str]]:
    """Every trigger, run once; and the types of what a shop got, and could verify, in ten days."""
    endpoint = client.v1.webhook_endpoints.create({"url": HOOKS, "enabled_events": ["*"]})
    types: set[str] = set()

    def shop(url: str, headers: dict[str, str], body: bytes) -> tuple[int, str]:
        signature = headers["Stripe-Signature"]
        types.add(stripe.Webhook.construct_event(body, signature, endpoint.secret).type)
        return 200, ""

    with ThreadPoolExecutor(2) as pool:
        runs = list(pool.map(lambda type: cli.run("trigger", type, *TRIGGERS[type]), TRIGGERS))
    local.advance(TEN_DAYS)
    local.deliver(shop)
    client.v1.webhook_endpoints.delete(endpoint.id)
    return dict(zip(TRIGGERS, runs, strict=True)), types


@pytest.mark.parametrize("type", TRIGGERS)
def test_a_trigger_makes_its_event_happen(triggered, type: str):
    runs, delivered = triggered

    assert runs[type].returncode == 0, runs[type].stdout + runs[type].stderr
    assert type in delivered


@pytest.mark.parametrize(("type", "what"), LATER.items())
def test_what_is_not_played_is_refused_by_name(cli, type: str, what: str):
    run = cli.run("trigger", type)

    assert run.returncode != 0
    assert f"does not implement {what}" in run.stdout + run.stderr


@dataclass
class Shop:
    """The course's shop, served."""

    app: Flask
    url: str

    def kept(self) -> list[str]:
        """The types of the events that it took."""
        with self.app.app_context():
            return list(db.session.scalars(sa.select(WebhookEvent.type)))


@pytest.fixture
def shop(cli: CLI, tmp_path: Path) -> Iterator[Shop]:
    """It takes what is signed as `stripe listen` signs."""
    secret = cli.run("listen", "--print-secret", "--all-snapshot").stdout.strip()
    app = create_app(
        {
            "DATABASE_URL": f"sqlite:///{tmp_path / 'shop.db'}",
            "MAIL_URL": (tmp_path / "mail").as_uri(),
            "SECRET_KEY": "for-tests",
            "STRIPE_API_BASE": cli.api,
            "STRIPE_WEBHOOK_SECRET": secret,
        }
    )
    with app.app_context():
        migrate(db.engine)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))  # ends quickly
    thread.start()
    yield Shop(app, f"http://127.0.0.1:{server.port}/webhooks/stripe")
    server.shutdown()
    thread.join()
    server.server_close()
    with app.app_context():
        db.engine.dispose()


def soon(condition: Callable[[], bool]) -> bool:
    """Whether it comes true within ten seconds."""
    end = time.monotonic() + 10
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return condition()


def test_listen_carries_events_to_the_shop_and_its_answers_back(cli, client, local, shop):
    local.webhooks.attempts.clear()
    listen = ("listen", "--skip-update", "--all-snapshot", "--forward-to", shop.url)
    with cli.running(*listen) as line_with:
        assert local.listeners.secret in line_with("Ready!")
        customer = client.v1.customers.create({"name": "Ann"})
        assert shop.url in line_with("<--  [200] POST")
        assert soon(lambda: len(local.webhooks.attempts) == 1)
        [attempt] = local.webhooks.attempts

        assert (attempt.status, attempt.url) == (200, shop.url)
        assert json.loads(attempt.body) == {"received": attempt.event}
        event = client.v1.events.retrieve(attempt.event)
        assert (event.data.object["id"], event.pending_webhooks) == (customer.id, 0)

        assert cli.run("events", "resend", event.id).returncode == 0
        assert event.id in line_with("<--  [200] POST")
        assert soon(lambda: len(local.webhooks.attempts) == 2)
        assert shop.kept() == ["customer.created"]


def test_listen_shows_the_events_that_are_asked_for(cli, client):
    with cli.running("listen", "--skip-update", "--events", "product.created") as line_with:
        line_with("Ready!")
        client.v1.customers.create({})
        client.v1.products.create({"name": "Lamp"})

        assert "product.created" in line_with("-->")


def test_listen_takes_the_latest_version_too(cli, client):
    with cli.running("listen", "--skip-update", "--latest", "--all-snapshot") as line_with:
        assert str(stripe.api_version) in line_with("Ready!")
        client.v1.customers.create({})

        assert "customer.created" in line_with("-->")


def test_logs_tail_shows_requests_as_they_are_answered(cli, client):
    with cli.running("logs", "tail", "--filter-status-code-type", "4XX") as line_with:
        line_with("Ready!")
        client.v1.customers.create({})
        with pytest.raises(stripe.InvalidRequestError):
            client.v1.customers.retrieve("cus_nope")

        assert "[404] GET /v1/customers/cus_nope" in line_with("/v1/customers")


def test_get_shows_an_object(cli, client):
    customer = client.v1.customers.create({"name": "Ann"}).id

    assert json.loads(cli.run("get", f"/v1/customers/{customer}").stdout)["name"] == "Ann"


def test_a_payment_is_made_at_the_command_line(cli, client):
    words = ("--amount", "1000", "--currency", "usd", "--payment-method", "pm_card_visa")

    made = json.loads(cli.run("payment_intents", "create", *words).stdout)

    assert client.v1.payment_intents.retrieve(made["id"]).amount == 1000


def test_an_event_is_resent_to_an_endpoint(cli, client, local):
    endpoint = client.v1.webhook_endpoints.create({"url": HOOKS, "enabled_events": ["*"]}).id
    client.v1.customers.create({})
    event = client.v1.events.list().data[0].id
    local.deliver(lambda *delivery: (200, ""))

    run = cli.run("events", "resend", event, "--webhook-endpoint", endpoint)

    assert json.loads(run.stdout)["id"] == event
    [resent] = local.deliver(lambda *delivery: (200, ""))
    assert (resent.event, resent.manual) == (event, True)
