"""Money that goes back: a refund of a charge, or a hold that is let go.

https://docs.stripe.com/refunds
"""

from typing import Any

from local_stripe import ledger, updates
from local_stripe.call import Call
from local_stripe.errors import not_implemented
from local_stripe.states import CHARGE
from local_stripe.store import Object

_TO_CARD = {
    "card": {
        "reference_status": "pending",
        "reference_type": "acquirer_reference_number",
        "type": "refund",
    },
    "type": "card",
}
_REVERSAL = {"card": {"type": "reversal"}, "type": "card"}


def refund(call: Call, charge: Object, amount: int, **fields: Any) -> Object:
    """Send back part or all of what was captured from a card; gives the refund."""
    type = charge["payment_method_details"]["type"]
    if type != "card":
        raise not_implemented(f"refunds of payments by {type}")
    made = _new(call, charge, amount, _TO_CARD, fields)
    made["balance_transaction"] = ledger.refunded(call, made, charge)["id"]
    total = charge["amount_refunded"] + amount
    after = CHARGE.move(
        "refund",
        charge,
        amount_refunded=total,
        refunded=total == charge["amount_captured"],
    )
    return _tell(call, made, charge, after)


def release(call: Call, charge: Object, **fields: Any) -> Object:
    """Let go of a hold: Stripe calls it a refund of the whole amount, though no money moved."""
    made = _new(call, charge, charge["amount"], _REVERSAL, fields)
    after = CHARGE.move("release", charge, amount_refunded=charge["amount"], refunded=True)
    return _tell(call, made, charge, after)


def _new(call: Call, charge: Object, amount: int, destination: Object, fields: Object) -> Object:
    return {
        "id": call.ids.new("re", sibling=charge["id"]),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": call.clock.now(),
        "currency": charge["currency"],
        "customer": charge["customer"],
        "customer_account": None,
        "destination_details": destination,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"],
        "reason": None,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
        **fields,
    }


def _tell(call: Call, made: Object, before: Object, after: Object) -> Object:
    call.store.put(made)
    call.events.emit("refund.created", made)
    updates.record(call, "charge.refunded", before, after)
    return made
