"""`python -m classroom shop`: the shop and a local Stripe, by themselves."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any
from urllib.request import Request, urlopen

import pytest

from classroom.kernels import environment
from local_stripe import SECRET_KEY


@pytest.fixture(scope="module")  # it starts in seconds
def printed(tmp_path_factory) -> Iterator[dict[str, str]]:
    """What it prints while it runs: a name and an address a line."""
    folder = tmp_path_factory.mktemp("shop")
    own = {
        "DATABASE_URL": f"sqlite:///{folder.as_posix()}/shop.db",
        "MAIL_URL": folder.as_uri(),
        "SECRET_KEY": "for a test",
    }
    with subprocess.Popen(
        [sys.executable, "-m", "classroom", "shop"],
        env=environment() | own,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "Ctrl-C ends it.\n")
        yield dict(line.strip().split(": ") for line in lines)
        process.terminate()


def place_order(printed: dict[str, str]) -> dict[str, Any]:
    body = json.dumps({"token": "tok_visa", "item_ids": [1, 2]}).encode()
    order = Request(f"{printed['The shop']}/orders", body, {"Content-Type": "application/json"})
    with urlopen(order, timeout=10) as answer:
        return json.load(answer)


def test_the_shop_takes_money_through_the_stripe_beside_it(printed):
    assert place_order(printed)["status"] == "paid"
    with urlopen(f"{printed['The local Stripe']}/v3/", timeout=10) as script:
        assert script.status == 200


def test_the_stripe_beside_the_shop_has_a_dashboard(printed):
    with urlopen(printed["Its dashboard"], timeout=10) as page:
        assert page.headers["Content-Type"].startswith("text/html")


def test_the_shop_hears_from_the_stripe_beside_it(printed):
    place_order(printed)
    key = {"Authorization": f"Bearer {SECRET_KEY}"}
    events = f"{printed['The local Stripe']}/v1/events?type=payment_intent.succeeded"
    end = time.monotonic() + 10
    pending = 1
    while pending and time.monotonic() < end:
        with urlopen(Request(events, headers=key), timeout=10) as answer:
            event, *_ = json.load(answer)["data"]
        pending = event["pending_webhooks"]
    assert pending == 0


def test_a_live_key_opens_no_shop():
    refused = subprocess.run(
        [sys.executable, "-m", "classroom", "shop"],
        env=environment() | {"STRIPE_SECRET_KEY": "sk_live_visiblyFake", "ALLOW_LIVE": "1"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert refused.returncode != 0
    assert refused.stderr.startswith("STRIPE_SECRET_KEY is refused: it is a live key")
