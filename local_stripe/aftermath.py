"""What a payment by some test cards has coming: a dispute, a warning of fraud.

https://docs.stripe.com/testing#disputes
"""

from local_stripe import disputing, fraud_warnings, reviews
from local_stripe.call import Call
from local_stripe.cards import Card
from local_stripe.store import Object


def of_payment(call: Call, card: Card, charge: Object) -> Object:
    """The money was taken, and the card's owner or its bank objects; gives the charge then."""
    for complaint, amount in zip(card.complaints, _parts(card, charge), strict=True):
        if amount:
            charge = disputing.begin(call, charge, complaint, amount)
    if card.fraud_warning:
        fraud_warnings.warn(call, charge)
    return charge


def of_refund(call: Call, charge: Object, reason: str | None) -> None:
    """The money went back, all of it, for this reason: nobody has anything to ask for."""
    disputing.refunded(call, charge)
    fraud_warnings.refunded(call, charge)
    reviews.settle(call, charge, "refunded_as_fraud" if reason == "fraudulent" else "refunded")


def _parts(card: Card, charge: Object) -> list[int]:
    """The amount of the charge, in as many equal parts as there are complaints."""
    count = len(card.complaints)
    return [(charge["amount_captured"] + place) // count for place in range(count)]
