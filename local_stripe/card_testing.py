"""Card testing: who has card after card declined is blocked, until an hour has gone by without.

Stripe's own model weighs hundreds of signals that nobody outside knows; here, declines are counted.
What a blocked payment looks like is Stripe's. Setups are not counted: they leave no charge.
https://docs.stripe.com/disputes/prevention/card-testing
"""

from collections import Counter
from itertools import takewhile

from local_stripe import declines
from local_stripe.call import Call
from local_stripe.declines import Decline
from local_stripe.store import Object

MOST = 5  # declines that one card, customer or e-mail address may have
WITHIN = 3600  # seconds


def verdict(call: Call, method: Object, customer: str | None, email: str | None) -> Decline | None:
    """The block, if the account has it, for a payment of somebody who has tried too often."""
    if not call.policies.card_testing_block:
        return None
    here = _traces(method["card"], method["billing_details"], customer, email)
    since = call.clock.now() - WITHIN
    failed = call.store.select("charge", status="failed")
    recent = takewhile(lambda charge: charge["created"] > since, failed)
    counts = Counter(trace for charge in recent for trace in _left_by(charge))
    return declines.BLOCKED if any(counts[trace] >= MOST for trace in here) else None


def _left_by(charge: Object) -> set[str]:
    """What a failed charge shows of who tried it; nothing for one that was not by card."""
    card = charge["payment_method_details"].get("card")
    if card is None:
        return set()
    return _traces(card, charge["billing_details"], charge["customer"], charge["receipt_email"])


def _traces(card: Object, billing: Object, customer: str | None, email: str | None) -> set[str]:
    return {trace for trace in (card["fingerprint"], customer, email, billing["email"]) if trace}
