"""`python -m classroom shop`: the shop and a local Stripe together, until Ctrl-C."""

from __future__ import annotations

import os
import secrets
import socket

import stripe
from werkzeug.serving import make_server

from classroom.connection import LOCAL, refuse_unusable
from classroom.delivery import WEBHOOKS
from classroom.doors import QuietHandler
from local_stripe import PUBLISHABLE_KEY, SECRET_KEY, LocalStripe, WallClock
from local_stripe.courier import RETRIES, Courier
from local_stripe.server import HOST, start
from local_stripe.transport import InProcess
from sample_app import create_app


def open_shop() -> None:
    """Serve the shop on its own database, in `instance/`, with the demo catalogue.

    With STRIPE_SECRET_KEY it pays through that sandbox instead of a local Stripe.
    Raises `KeyRefused` for a key that this course must not use.
    """
    key = os.environ.get("STRIPE_SECRET_KEY") or LOCAL
    listener = socket.create_server((HOST, 0))
    port = listener.getsockname()[1]
    if key.startswith(LOCAL):
        app = create_app(_local_stripe(f"http://{HOST}:{port}{WEBHOOKS}"))
    else:
        refuse_unusable(key)
        app = create_app()
    app.test_cli_runner().invoke(args=["seed"], catch_exceptions=False)
    server = make_server(
        HOST, port, app, threaded=True, request_handler=QuietHandler, fd=listener.fileno()
    )
    print(f"The shop: http://{HOST}:{port}\nCtrl-C ends it.", flush=True)
    server.serve_forever()


def _local_stripe(webhooks: str) -> dict[str, str]:
    """Start a local Stripe that delivers to this address; returns what tells the shop about it."""
    # It forgets everything at the end, and the shop does not: ids must not come twice.
    local = LocalStripe(clock=WallClock(), seed=secrets.randbits(32), retries=RETRIES)
    server = start(local)
    print(f"The local Stripe: {server.url}\nIts dashboard: {server.url}/dashboard")
    client = stripe.StripeClient(SECRET_KEY, http_client=InProcess(local))
    endpoint = client.v1.webhook_endpoints.create({"url": webhooks, "enabled_events": ["*"]})
    Courier(local)
    return {
        "STRIPE_WEBHOOK_SECRET": str(endpoint.secret),
        "STRIPE_SECRET_KEY": SECRET_KEY,
        "STRIPE_PUBLISHABLE_KEY": PUBLISHABLE_KEY,
        "STRIPE_API_BASE": server.url,
        "STRIPE_JS_URL": f"{server.url}/v3/",
    }
