"""Money that goes back: a refund of a charge, or a hold that is let go.

https://docs.stripe.com/refunds
"""

from typing import Any

from local_stripe import aftermath, cards, ledger, reviews, updates
from local_stripe.agenda import Action
from local_stripe.call import Call
from local_stripe.errors import not_implemented
from local_stripe.states import CHARGE, REFUND
from local_stripe.store import Object

DAYS = 5  # until a card's bank has a refund, or turns out to have none of it
_DAY = 86_400

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
    later = cards.behind(charge).refunds
    if later == "stay_pending":
        fields |= {"pending_reason": "processing", "status": "pending"}
    made = _new(call, charge, amount, _TO_CARD, fields)
    made["balance_transaction"] = ledger.refunded(call, made, charge)["id"]
    total = charge["amount_refunded"] + amount
    after = CHARGE.move(
        "refund",
        charge,
        amount_refunded=total,
        refunded=total == charge["amount_captured"],
    )
    if end := _ENDS.get(later):
        call.agenda.add(call.clock.now() + DAYS * _DAY, end, made["id"])
    _tell(call, made, charge, after)
    if after["refunded"]:
        aftermath.of_refund(call, after, made["reason"])
    return made


def release(call: Call, charge: Object, **fields: Any) -> Object:
    """Let go of a hold: Stripe calls it a refund of the whole amount, though no money moved."""
    made = _new(call, charge, charge["amount"], _REVERSAL, fields)
    after = CHARGE.move("release", charge, amount_refunded=charge["amount"], refunded=True)
    reviews.settle(call, after, "canceled")
    return _tell(call, made, charge, after)


def changed(call: Call, before: Object, after: Object) -> Object:
    """Store the refund as it is now and tell of it, by the event's older name too."""
    updates.record(call, "charge.refund.updated", before, after)
    return updates.record(call, "refund.updated", before, after)


def _succeed(call: Call, id: str) -> None:
    """The bank has the money that was on its way."""
    refund = call.store.require("refund", id)
    done = REFUND.move("settle", refund, status="succeeded")
    changed(call, refund, {key: done[key] for key in done if key != "pending_reason"})


def _fail(call: Call, id: str) -> None:
    """The bank has sent the money back: it is on the account again, and the charge unrefunded."""
    refund = call.store.require("refund", id)
    charge = call.store.require("charge", refund["charge"])
    failed = REFUND.move(
        "fail",
        refund,
        failure_balance_transaction=ledger.refund_failed(call, refund, charge)["id"],
        failure_reason="expired_or_canceled_card",
        status="failed",
    )
    changed(call, refund, failed)
    call.events.emit("refund.failed", failed)
    left = charge["amount_refunded"] - refund["amount"]
    after = CHARGE.move("refund_fails", charge, amount_refunded=left, refunded=False)
    updates.record(call, "charge.updated", charge, after)


_ENDS: dict[str, Action] = {"stay_pending": _succeed, "fail_later": _fail}


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
