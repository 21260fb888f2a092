"""What Stripe posts to the shop's webhook endpoint, made by hand or taken from a local Stripe."""

import json
import time
from collections.abc import Callable
from itertools import count
from urllib.parse import urlsplit

import stripe
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from local_stripe import LocalStripe
from local_stripe.attempts import Attempt
from tests.sample_app.conftest import WEBHOOK_SECRET

PATH = "/webhooks/stripe"
_numbers = count(1)


def event(type: str = "customer.created", about: str = "cus_1", **changes: object) -> dict:
    """An event as Stripe would send it, under an id of its own."""
    return {
        "id": f"evt_{next(_numbers)}",
        "object": "event",
        "type": type,
        "livemode": False,
        "data": {"object": {"id": about}},
        **changes,
    }


def signature(payload: bytes, secret: str = WEBHOOK_SECRET, at: float | None = None) -> str:
    """The `Stripe-Signature` of these bytes."""
    moment = int(at if at is not None else time.time())
    return stripe.WebhookSignature.generate_signature_header(payload.decode(), secret, moment)


def post(client: FlaskClient, payload: bytes, signed: str | None) -> TestResponse:
    """Deliver; when this returns, the work that comes after the answer is done too."""
    headers = {} if signed is None else {"Stripe-Signature": signed}
    return client.post(
        PATH, data=payload, headers=headers, content_type="application/json", buffered=True
    )


def tell(client: FlaskClient, news: dict) -> TestResponse:
    """Deliver an event, rightly signed."""
    payload = json.dumps(news).encode()
    return post(client, payload, signature(payload))


def carry(app: Flask, local: LocalStripe) -> Callable[[], list[Attempt]]:
    """Have a local Stripe send every event to the shop; call the result to deliver what is due."""
    client = app.extensions["stripe"]
    url = f"http://127.0.0.1{PATH}"
    endpoint = client.v1.webhook_endpoints.create({"url": url, "enabled_events": ["*"]})
    app.config["STRIPE_WEBHOOK_SECRETS"] = (endpoint.secret,)
    browser = app.test_client()

    def send(url: str, headers: dict[str, str], body: bytes) -> tuple[int, str]:
        response = browser.post(urlsplit(url).path, data=body, headers=headers, buffered=True)
        return response.status_code, response.text

    return lambda: local.deliver(send)
