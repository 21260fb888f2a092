"""A shop whose process dies between Stripe's answer and its own commit."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
EXIT_CODE = 86

SHOP = f"""
import os, sys
import stripe
from sample_app import create_app

database, api_base, ending, *arguments = sys.argv[1:]


class Deadly(stripe.RequestsClient):
    def request(self, method, url, *args, **kwargs):
        answer = super().request(method, url, *args, **kwargs)
        if url.endswith(ending):
            os._exit({EXIT_CODE})  # no cleanup, no rollback, no goodbye
        return answer


app = create_app({{
    "DATABASE_URL": database,
    "STRIPE_API_BASE": api_base,
    "STRIPE_HTTP_CLIENT": Deadly(),
    "SECRET_KEY": "for-tests",
}})
"""


def die(database_url: str, api_base: str, ending: str, task: str, *arguments: str) -> None:
    """Let a shop's process do `task`, and die once a call to a URL that ends so is answered.

    The task's source sees `app`, the shop, and `arguments`.
    """
    source = SHOP + task
    command = [sys.executable, "-c", source, database_url, api_base, ending, *arguments]
    assert subprocess.run(command, cwd=ROOT, timeout=60).returncode == EXIT_CODE
