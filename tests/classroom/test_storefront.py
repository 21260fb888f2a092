"""`python -m classroom shop`: the shop and a local Stripe, by themselves."""

import json
import subprocess
import sys
from collections.abc import Iterator
from urllib.request import Request, urlopen

import pytest

from classroom.kernels import environment


@pytest.fixture
def printed(tmp_path) -> Iterator[dict[str, str]]:
    """What it prints while it runs: a name and an address a line."""
    own = {"DATABASE_URL": f"sqlite:///{tmp_path.as_posix()}/shop.db", "SECRET_KEY": "for a test"}
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


def test_the_shop_takes_money_through_the_stripe_beside_it(printed):
    body = json.dumps({"token": "tok_visa", "item_ids": [1, 2]}).encode()
    order = Request(f"{printed['The shop']}/orders", body, {"Content-Type": "application/json"})
    with urlopen(order, timeout=10) as answer:
        assert json.load(answer)["status"] == "paid"
    with urlopen(f"{printed['The local Stripe']}/v3/", timeout=10) as script:
        assert script.status == 200


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
