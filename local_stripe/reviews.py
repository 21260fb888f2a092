"""Reviews: Stripe holds a payment to be risky, and asks somebody to look at it. Its money is taken.

The account has the rule that Radar for Fraud Teams comes with: review what has an elevated risk.
https://docs.stripe.com/radar/reviews
"""

from local_stripe.call import Call
from local_stripe.store import Object

KIND = "review"


def open_for(call: Call, charge: Object) -> Object:
    """Ask for a look at a charge that is about to be stored; gives the review.

    It names the charge's intent, or the charge where there is none.
    """
    intent = charge["payment_intent"]
    review = call.store.put(
        {
            "id": call.ids.new("prv"),
            "object": KIND,
            "billing_zip": charge["billing_details"]["address"]["postal_code"],
            "charge": None if intent else charge["id"],
            "closed_reason": None,
            "created": call.clock.now(),
            "ip_address": None,
            "ip_address_location": None,
            "livemode": False,
            "open": True,
            "opened_reason": "rule",
            "payment_intent": intent,
            "reason": "rule",
            "session": None,
        }
    )
    call.events.emit("review.opened", review)
    return review


def close(call: Call, review: Object, reason: str) -> Object:
    """Nobody needs to look at it any more, and why; gives the review, closed."""
    closed = {**review, "closed_reason": reason, "open": False, "reason": reason}
    call.store.put(closed)
    call.events.emit("review.closed", closed)
    return closed


def settle(call: Call, charge: Object, reason: str) -> None:
    """The charge's money went back: whoever was to review it has nothing left to decide."""
    if charge["review"] is None:
        return
    review = call.store.require(KIND, charge["review"])
    if review["open"]:
        close(call, review, reason)
