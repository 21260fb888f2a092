"""Another language's SDK against the local Stripe: Stripe's own for Node, unchanged."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import stripe

from local_stripe import SECRET_KEY, LocalStripe
from local_stripe.server import start
from local_stripe.transport import InProcess
from tests.node import MODULES, node

STEPS = Path(__file__).with_name("drive.mjs")


@pytest.fixture(scope="module")
def outcome() -> dict[str, Any]:
    """What came of each step of `drive.mjs`."""
    local = LocalStripe()
    webhook = delivered(local)
    with start(local) as server:
        run = subprocess.run(
            [node(), STEPS],
            env={
                **os.environ,
                "LOCAL_STRIPE": server.url,
                "MODULES": str(MODULES),
                "STRIPE_SECRET_KEY": SECRET_KEY,
            },
            input=json.dumps(webhook),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def delivered(local: LocalStripe) -> dict[str, str]:
    """A webhook as a shop got it, and the secret that signed it."""
    client = stripe.StripeClient(SECRET_KEY, http_client=InProcess(local))
    endpoint = client.v1.webhook_endpoints.create(
        {"url": "http://127.0.0.1:4242/hooks", "enabled_events": ["customer.created"]}
    )
    client.v1.customers.create({"name": "Ann"})
    got: dict[str, str] = {"secret": endpoint.secret}

    def shop(url: str, headers: dict[str, str], body: bytes) -> tuple[int, str]:
        got.update(body=body.decode(), signature=headers["Stripe-Signature"])
        return 200, ""

    local.deliver(shop)
    return got


def test_it_creates_and_reads_an_object(outcome):
    assert outcome["customer"] == {"name": "Ann", "metadata": {"seat": "7"}}


def test_it_takes_a_payment_and_expands_its_charge(outcome):
    assert outcome["payment"] == {"status": "succeeded", "charged": 2000}


def test_a_decline_is_its_card_error(outcome):
    assert outcome["decline"] == {
        "class": "StripeCardError",
        "isCardError": True,
        "code": "card_declined",
        "declineCode": "generic_decline",
        "status": 402,
        "intent": "requires_payment_method",
    }


def test_its_idempotency_keys_count(outcome):
    assert outcome["idempotency"] == {"same": True}


def test_it_walks_through_all_pages(outcome):
    assert outcome["paging"] == {"count": 25, "newest": "Lamp 24", "oldest": "Lamp 0"}


def test_it_verifies_a_webhook(outcome):
    assert outcome["webhook"] == {"type": "customer.created"}
    assert outcome["forgery"] == {"class": "StripeSignatureVerificationError"}
