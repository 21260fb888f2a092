"""`connect()`: the way to Stripe. Nothing but a key decides which Stripe it is."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache

import stripe

from classroom.recording import RecordingClient, RecordingStripe
from classroom.traffic import Journal, journal
from local_stripe import PUBLISHABLE_KEY, SECRET_KEY, LocalStripe
from local_stripe.transport import InProcess

LOCAL = "sk_test_local"
SANDBOX = ("sk_test_", "rk_test_")
REFUSALS = {
    ("sk_live_", "rk_live_"): (
        "it is a live key: it moves real money, and this is a classroom. In Stripe's dashboard, "
        "switch to your sandbox and copy the key that starts with sk_test_."
    ),
    ("pk_",): (
        "it is a publishable key, which only the customer's browser uses. Copy the secret key of "
        "your sandbox: it starts with sk_test_."
    ),
    ("whsec_",): (
        "it signs webhooks. Copy the secret key of your sandbox: it starts with sk_test_."
    ),
}


class KeyRefused(Exception):
    """STRIPE_SECRET_KEY holds something that this course must not use. Says what to do instead."""


@dataclass(frozen=True)
class Connection:
    """A key and the transport that takes calls to the Stripe it opens; `local` if that is ours."""

    key: str
    publishable_key: str | None
    transport: RecordingClient
    local: LocalStripe | None = None
    api_base: str | None = None

    @property
    def client(self) -> stripe.StripeClient:
        """A new client of Stripe's own SDK over this connection."""
        if self.api_base is None:
            return stripe.StripeClient(self.key, http_client=self.transport)
        return stripe.StripeClient(
            self.key, http_client=self.transport, base_addresses={"api": self.api_base}
        )

    @property
    def shop_settings(self) -> dict[str, object]:
        """What `create_app` must be told to use this connection."""
        settings = {
            "STRIPE_SECRET_KEY": self.key,
            "STRIPE_PUBLISHABLE_KEY": self.publishable_key,
            "STRIPE_API_BASE": self.api_base,
            "STRIPE_HTTP_CLIENT": self.transport,
        }
        return {name: value for name, value in settings.items() if value}


def connect() -> stripe.StripeClient:
    """Stripe's own client: for the local Stripe, or for your sandbox if STRIPE_SECRET_KEY is set.

    Raises `KeyRefused` for a live key, a publishable key, and anything that is no key.
    """
    return connection().client


def local() -> LocalStripe:
    """This notebook's local Stripe, to move its clock or flip its switches.

    Raises `RuntimeError` when the notebook is connected to a real sandbox.
    """
    ours = connection().local
    if ours is None:
        raise RuntimeError(
            "This notebook talks to your Stripe sandbox: its clock and switches are Stripe's own. "
            "Unset STRIPE_SECRET_KEY and restart the kernel to run this cell on the local Stripe."
        )
    return ours


@cache
def connection() -> Connection:
    """This notebook's one connection; environment variables are read on the first call."""
    stripe.enable_telemetry = False
    key = os.environ.get("STRIPE_SECRET_KEY", "").strip() or SECRET_KEY
    if key.startswith(LOCAL):
        return local_connection(RecordingStripe(journal), journal)
    refuse_unusable(key)
    return Connection(
        key=key,
        publishable_key=os.environ.get("STRIPE_PUBLISHABLE_KEY"),
        transport=RecordingClient(stripe.RequestsClient(), journal),
        api_base=os.environ.get("STRIPE_API_BASE") or None,
    )


def local_connection(local: LocalStripe, journal: Journal) -> Connection:
    """A connection to a local Stripe in this process."""
    return Connection(
        key=SECRET_KEY,
        publishable_key=PUBLISHABLE_KEY,
        transport=RecordingClient(InProcess(local), journal),
        local=local,
    )


def refuse_unusable(key: str) -> None:
    """Raise `KeyRefused` unless the key is a secret or restricted key of a sandbox."""
    for prefixes, reason in REFUSALS.items():
        if key.startswith(prefixes):
            raise KeyRefused(f"STRIPE_SECRET_KEY is refused: {reason}")
    if not key.startswith(SANDBOX):
        raise KeyRefused(
            "STRIPE_SECRET_KEY is not a key of Stripe's: those start with sk_test_ or rk_test_. "
            "Unset it to use the local Stripe, which needs no account."
        )
