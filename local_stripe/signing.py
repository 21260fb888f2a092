"""Signatures: what tells a delivery of Stripe's from anybody else's.

https://docs.stripe.com/webhooks#verify-manually
"""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass

from local_stripe.ids import Ids

LONGEST_GRACE = 24 * 3600  # seconds that a rolled secret goes on signing, at most


@dataclass(frozen=True, slots=True)
class Secret:
    """A signing secret, `whsec_…`; once rolled, it signs until that second."""

    text: str
    until: int | None = None

    def signs(self, now: int) -> bool:
        """Whether it still signs."""
        return self.until is None or now < self.until


def new_secret(ids: Ids) -> str:
    """A fresh one: `whsec_` and 32 characters."""
    return f"whsec_{ids.text(32)}"


def rolled(secrets: Iterable[Secret], new: str, now: int, grace: int) -> tuple[Secret, ...]:
    """The new secret, then the old ones, which go on signing for `grace` seconds at most.

    Raises ValueError for a grace that Stripe's dashboard does not offer: it ends after a day.
    """
    if not 0 <= grace <= LONGEST_GRACE:
        raise ValueError(f"an old secret signs for 0 to {LONGEST_GRACE} seconds, not {grace}")
    end = now + grace
    old = (Secret(s.text, end if s.until is None else min(s.until, end)) for s in secrets)
    return Secret(new), *(secret for secret in old if secret.signs(now))


def sign(body: bytes, secrets: Iterable[str], at: int) -> str:
    """The `Stripe-Signature` of a body: `t=…,v1=…`, one `v1` for each secret."""
    signed = f"{at}.".encode() + body
    marks = (hmac.new(s.encode(), signed, hashlib.sha256).hexdigest() for s in secrets)
    return ",".join([f"t={at}", *(f"v1={mark}" for mark in marks)])
