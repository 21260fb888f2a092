"""The shop's process dies between Stripe's answer and its own commit; the retry finds the money."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import stripe

from local_stripe import SECRET_KEY
from local_stripe.server import start
from tests.sample_app.conftest import build, close

ROOT = Path(__file__).parents[2]
KEY = {"Idempotency-Key": "5f0c3a52-7c1d-4c0e-9f39-3b1f6f2f0f11"}
BODY = {"item_ids": [1, 2, 3, 5, 5, 5], "token": "tok_visa"}
EXIT_CODE = 86

DYING_SHOP = """
import os, sys
import stripe
from sample_app import create_app

database, api_base, ending, key, body, exit_code = sys.argv[1:]


class Deadly(stripe.RequestsClient):
    def request(self, method, url, *args, **kwargs):
        answer = super().request(method, url, *args, **kwargs)
        if url.endswith(ending):
            os._exit(int(exit_code))  # no cleanup, no rollback, no goodbye
        return answer


app = create_app({
    "DATABASE_URL": database,
    "STRIPE_API_BASE": api_base,
    "STRIPE_HTTP_CLIENT": Deadly(),
    "SECRET_KEY": "for-tests",
})
app.test_client().post(
    "/orders", data=body, content_type="application/json", headers={"Idempotency-Key": key}
)
"""


@pytest.mark.parametrize("ending", ["/payment_intents", "/confirm"])
def test_a_shop_killed_after_stripe_answered_charges_once(database_url, local, ending):
    with start(local) as server:
        key, body = KEY["Idempotency-Key"], json.dumps(BODY)
        arguments = [database_url, server.url, ending, key, body, str(EXIT_CODE)]
        died = subprocess.run([sys.executable, "-c", DYING_SHOP, *arguments], cwd=ROOT, timeout=60)
        assert died.returncode == EXIT_CODE
        client = stripe.StripeClient(SECRET_KEY, base_addresses={"api": server.url})
        [before] = client.v1.payment_intents.list().data

        app = build(database_url, STRIPE_API_BASE=server.url)
        response = app.test_client().post("/orders", json=BODY, headers=KEY)
        close(app)

        [after] = client.v1.payment_intents.list().data
        assert (response.status_code, response.json["status"]) == (201, "paid")
        assert (after.id, after.amount_received) == (before.id, 59550)
        assert after.metadata["order_id"] == response.json["id"]
