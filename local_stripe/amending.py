"""What a call changes on a PaymentIntent, and until when it may.

https://docs.stripe.com/api/payment_intents/update
"""

from local_stripe import currencies, paying, shapes
from local_stripe.call import Call
from local_stripe.errors import StripeError
from local_stripe.implemented import given
from local_stripe.states import PAYMENT_INTENT
from local_stripe.store import Object

# What can be changed only until the payment is made.
_GUARDED = (
    "amount", "currency", "customer", "payment_method", "setup_future_usage", "capture_method",
)  # fmt: skip
# What is taken over as it was sent.
_PLAIN = (
    "capture_method", "description", "receipt_email", "setup_future_usage", "transfer_group",
)  # fmt: skip


def amended(call: Call, intent: Object) -> Object:
    """The intent with what the call says of it. Raises StripeError for what cannot be."""
    params = call.params
    for name in _GUARDED:
        if name in params:
            PAYMENT_INTENT.require("update", intent, name)
    changed = {**intent, **{name: params[name] for name in _PLAIN if name in params}}
    if "currency" in params:
        changed["currency"] = currencies.known(given(params, "currency"))
    if "amount" in params or "currency" in params:
        amount = params["amount"] if "amount" in params else intent["amount"]
        changed["amount"] = currencies.chargeable(amount, changed["currency"])
    if customer := given(params, "customer"):
        changed["customer"] = _customer(call, intent, customer)
    if "shipping" in params:
        changed["shipping"] = shapes.shipping(params["shipping"])
    changed["metadata"] = call.metadata(intent["metadata"])
    if "payment_method" in params:
        return _with_method(call, changed, intent)
    return _without_challenge(changed) if _is_dearer_or_cheaper(changed, intent) else changed


def _is_dearer_or_cheaper(changed: Object, intent: Object) -> bool:
    return any(changed[name] != intent[name] for name in ("amount", "currency"))


def _without_challenge(changed: Object) -> Object:
    """The intent, to be confirmed anew if the bank was asking its owner about another amount."""
    if changed["status"] != "requires_action":
        return changed
    return PAYMENT_INTENT.move("update", changed, next_action=None, status="requires_confirmation")


def _with_method(call: Call, changed: Object, intent: Object) -> Object:
    """The intent with the PaymentMethod of the call; sent empty, it is taken away."""
    id = call.params["payment_method"]
    method = paying.choose(call, id, changed["customer"], intent)["id"] if id else None
    return PAYMENT_INTENT.move(
        "update",
        changed,
        next_action=None,
        payment_method=method,
        status="requires_confirmation" if method else "requires_payment_method",
    )


def _customer(call: Call, intent: Object, customer: str) -> str:
    call.store.require("customer", customer, "customer")
    if intent["customer"] not in (None, customer):
        raise StripeError(
            "You cannot modify `customer` on a PaymentIntent once it already has been set. To "
            "fulfill a payment with a different Customer, cancel this PaymentIntent and create a "
            "new one.",
            param="customer",
            payment_intent=intent,
        )
    return customer
