"""A payment at the bank: the charge it leaves behind, paid or failed, and the events that tell.

https://docs.stripe.com/api/charges/object
"""

import string
from typing import Any

from local_stripe import aftermath, cards, holds, ledger, reviews, shapes, updates
from local_stripe.call import Call
from local_stripe.cards import Card, network_transaction_id
from local_stripe.declines import Decline
from local_stripe.states import CHARGE
from local_stripe.store import Object

AUTHORIZED: Object = {
    "advice_code": None,
    "network_advice_code": None,
    "network_decline_code": None,
    "network_status": "approved_by_network",
    "reason": None,
    "risk_level": "normal",
    "risk_score": 25,
    "seller_message": "Payment complete.",
    "type": "authorized",
}
_BLOCKED = {
    "network_status": "not_sent_to_network",
    "reason": "highest_risk_level",
    "risk_level": "highest",
    "risk_score": 92,
    "seller_message": "Stripe blocked this payment as too risky.",
    "type": "blocked",
}
_IN_REVIEW = {
    **AUTHORIZED,
    "reason": "elevated_risk_level",
    "risk_level": "elevated",
    "risk_score": 68,
    "rule": "manual_review_if_elevated_risk",
    "seller_message": "Stripe evaluated this payment as having elevated risk, and placed it in "
    "your manual review queue.",
    "type": "manual_review",
}
_UNAVAILABLE = {"status": "unavailable"}
_TAKEN = (
    "amount", "currency", "customer", "description", "metadata", "receipt_email", "shipping",
    "transfer_group",
)  # fmt: skip
_DISABLED = {"status": "disabled"}
_NO_TOKEN = {"used": False}


def pay(
    call: Call,
    card: Card,
    method: Object,
    decline: Decline | None,
    *,
    amount: int,
    capture: bool = True,
    later: bool = False,
    authenticated: bool = False,
    **fields: Any,
) -> Object:
    """Ask the bank for the money; gives the charge, stored and told of. A `decline` makes it fail.

    method: the PaymentMethod, or what a legacy card shows in its place
    capture: take the money at once instead of holding it
    later: the ledger hears of it later, by `settle`
    authenticated: the card's owner has answered a 3D Secure challenge
    fields: what else is known of the charge: currency, customer, description, …
    """
    paid = decline is None
    details = _card_details(call, card, method["card"], amount, paid, capture)
    if authenticated:
        details |= _authenticated(call)
    charge = new(
        call,
        "ch",
        method,
        {"card": details, "type": "card"},
        amount=amount,
        amount_captured=amount if paid and capture else 0,
        captured=paid and capture,
        failure_code=decline and decline.code,
        failure_message=decline and decline.message,
        outcome=_outcome(card, decline),
        paid=paid,
        status="succeeded" if paid else "failed",
        **fields,
    )
    if paid:
        charge["receipt_url"] = receipt(charge["id"])
        charge["review"] = reviews.open_for(call, charge)["id"] if card.review else None
    if charge["captured"] and not later:
        charge["balance_transaction"] = ledger.charged(call, charge)["id"]
    call.store.put(charge)
    call.events.emit("charge.succeeded" if paid else "charge.failed", charge)
    if paid and not capture:
        call.agenda.add(charge["created"] + holds.LENGTH, holds.expire, charge["id"])
    return aftermath.of_payment(call, card, charge) if charge["captured"] else charge


def new(
    call: Call,
    prefix: str,
    method: Object,
    details: Object,
    *,
    payment_intent: str | None = None,
    **fields: Any,
) -> Object:
    """A charge, not stored yet, of which the bank has said nothing but what `fields` say.

    prefix: of its id, `ch` or, for what is no card, `py`
    details: its `payment_method_details`
    """
    return {
        "id": call.ids.new(prefix, sibling=payment_intent),
        "object": "charge",
        "amount": 0,
        "amount_captured": 0,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": None,
        "billing_details": method["billing_details"],
        "calculated_statement_descriptor": "Stripe",
        "captured": False,
        "created": call.clock.now(),
        "currency": None,
        "customer": None,
        "description": None,
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "fraud_details": {},
        "livemode": False,
        "metadata": {},
        "on_behalf_of": None,
        "outcome": None,
        "paid": False,
        "payment_intent": payment_intent,
        "payment_method": method["id"],
        "payment_method_details": details,
        "radar_options": {},
        "receipt_email": None,
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "review": None,
        "shipping": None,
        "source": None,
        "source_transfer": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "pending",
        "transfer_data": None,
        "transfer_group": None,
        **fields,
    }


def taken_from(intent: Object) -> Object:
    """What a charge takes over from the PaymentIntent that it is for."""
    return {"payment_intent": intent["id"], **{name: intent[name] for name in _TAKEN}}


def receipt(id: str) -> str:
    """Where the payer would find a charge's receipt."""
    return f"{shapes.NOWHERE}/receipts/{id}"


def settle(call: Call, charge: Object) -> None:
    """The ledger catches up with a charge that was captured asynchronously."""
    entry = ledger.charged(call, charge)["id"]
    settled = call.store.put({**charge, "balance_transaction": entry})
    call.events.emit("charge.updated", settled, {"balance_transaction": None})


def capture(call: Call, charge: Object, amount: int) -> Object:
    """Take the money that was held, or part of it: the rest is let go."""
    captured = CHARGE.move("capture", charge, amount_captured=amount, captured=True)
    captured["balance_transaction"] = ledger.charged(call, captured)["id"]
    updates.record(call, "charge.captured", charge, captured)
    return aftermath.of_payment(call, cards.behind(captured), captured)


def _card_details(
    call: Call, card: Card, shown: Object, amount: int, paid: bool, capture: bool
) -> Object:
    held = {"capture_before": call.clock.now() + holds.LENGTH} if paid and not capture else {}
    return {
        "amount_authorized": amount if paid else None,
        "authorization_code": call.ids.text(6, string.digits),
        "brand": shown["brand"],
        **held,
        "checks": shown["checks"],
        "country": shown["country"],
        "electronic_commerce_indicator": "07",
        "exp_month": shown["exp_month"],
        "exp_year": shown["exp_year"],
        "extended_authorization": _DISABLED,
        "fingerprint": shown["fingerprint"],
        "funding": shown["funding"],
        "incremental_authorization": _UNAVAILABLE,
        "installments": None,
        "last4": shown["last4"],
        "mandate": None,
        "multicapture": _UNAVAILABLE,
        "network": shown["brand"],
        "network_token": _NO_TOKEN,
        "network_transaction_id": network_transaction_id(card),
        "overcapture": {"maximum_amount_capturable": amount, "status": "unavailable"},
        "regulated_status": "unregulated",
        "three_d_secure": None,
        "transaction_link_id": None,
        "wallet": None,
    }


def _authenticated(call: Call) -> Object:
    """What a charge shows of a challenge that its owner answered."""
    three_d_secure = {
        "authentication_flow": "challenge",
        "electronic_commerce_indicator": "05",
        "exemption_indicator": None,
        "result": "authenticated",
        "result_reason": None,
        "transaction_id": call.ids.text(32, string.hexdigits[:16]),
        "version": "2.2.0",
    }
    return {"electronic_commerce_indicator": "05", "three_d_secure": three_d_secure}


def _outcome(card: Card, decline: Decline | None) -> Object:
    if decline is None:
        return _IN_REVIEW if card.review else AUTHORIZED
    return {
        "advice_code": decline.advice_code,
        "network_advice_code": decline.network_advice_code,
        "network_decline_code": decline.network_decline_code,
        **(_BLOCKED if decline.blocked else _declined(decline.decline_code)),
    }


def _declined(decline_code: str) -> Object:
    told = "The bank did not return any further details with this decline."
    if decline_code != "generic_decline":
        told = f"The bank returned the decline code `{decline_code}`."
    return {
        "network_status": "declined_by_network",
        "reason": decline_code,
        "risk_level": "normal",
        "risk_score": 25,
        "seller_message": told,
        "type": "issuer_declined",
    }
