"""Refunds.  https://docs.stripe.com/api/refunds"""

from local_stripe import currencies, disputing, refunding
from local_stripe.call import Call
from local_stripe.errors import StripeError, too_small
from local_stripe.implemented import given, only
from local_stripe.listing import page
from local_stripe.routing import Route
from local_stripe.store import Object

_KIND = "refund"
_CREATE = ("amount", "charge", "metadata", "payment_intent", "reason")
_LIST = ("charge", "created", "ending_before", "limit", "payment_intent", "starting_after")


def create(call: Call) -> Object:
    """Send money back, all that is left of it unless an amount is named."""
    params = only(call.params, _CREATE)
    charge = _charge(call, given(params, "charge"), given(params, "payment_intent"))
    noted = {"metadata": call.metadata(), "reason": params.get("reason")}
    if charge["refunded"]:
        raise StripeError(
            f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded"
        )
    if disputing.forbids_refund(call, charge):
        raise StripeError(
            f"Charge {charge['id']} has been charged back; cannot issue a refund.",
            code="charge_disputed",
        )
    if not charge["captured"]:
        return _release(call, charge, noted)
    amount = given(params, "amount")
    left = charge["amount_captured"] - charge["amount_refunded"]
    if amount is not None:
        _check(amount, left, charge["currency"])
    return refunding.refund(call, charge, left if amount is None else amount, **noted)


def retrieve(call: Call) -> Object:
    """One refund."""
    return call.store.require(_KIND, call.path["refund"])


def update(call: Call) -> Object:
    """Change the refund's metadata."""
    only(call.params, ("metadata",))
    refund = call.store.require(_KIND, call.path["refund"])
    changed = {**refund, "metadata": call.metadata(refund["metadata"])}
    return refunding.changed(call, refund, changed)


def cancel(call: Call) -> Object:
    """Refunds to cards cannot be taken back. Raises StripeError."""
    only(call.params, ())
    call.store.require(_KIND, call.path["refund"])
    raise StripeError("Canceling this refund is unsupported.")


def index(call: Call) -> Object:
    """Refunds, newest first."""
    params = only(call.params, _LIST)
    wanted = {name: params[name] for name in ("charge", "payment_intent") if params.get(name)}
    return page(call, _KIND, **wanted)


def index_of_charge(call: Call) -> Object:
    """The refunds of the charge in the path."""
    only(call.params, ("ending_before", "limit", "starting_after"))
    return page(call, _KIND, charge=call.store.require("charge", call.path["charge"])["id"])


def _charge(call: Call, charge: str | None, intent: str | None) -> Object:
    """The charge to refund. Its refusals are 404s, though the ids are parameters (recorded)."""
    if charge and intent:
        raise StripeError(
            "You may only specify one of these parameters: charge, payment_intent.", param="charge"
        )
    if charge:
        found = call.store.require("charge", charge)
    elif intent:
        found = _latest_charge(call, call.store.require("payment_intent", intent))
    else:
        raise StripeError(
            "One of the following params should be provided for this request: payment_intent or "
            "charge."
        )
    if found["status"] != "succeeded":
        raise _unpaid(found["payment_intent"] or found["id"])
    return found


def _latest_charge(call: Call, intent: Object) -> Object:
    if intent["latest_charge"] is None:
        raise _unpaid(intent["id"])
    return call.store.require("charge", intent["latest_charge"])


def _unpaid(id: str) -> StripeError:
    what = "PaymentIntent" if id.startswith("pi_") else "Charge"
    return StripeError(f"This {what} ({id}) does not have a successful charge to refund.")


def _release(call: Call, charge: Object, noted: Object) -> Object:
    """A hold without a PaymentIntent is let go as a whole."""
    if intent := charge["payment_intent"]:
        raise StripeError(
            f"This uncaptured Charge was created by a PaymentIntent ({intent}). You must cancel "
            "the PaymentIntent to reverse the authorization instead of refunding the Charge "
            "directly. For more information, see "
            "https://stripe.com/docs/payments/place-a-hold-on-a-payment-method"
        )
    if call.params.get("amount", charge["amount"]) != charge["amount"]:
        raise StripeError(
            "You cannot partially refund an uncaptured charge. Instead, capture the charge for an "
            "amount less than the original amount",
            param="amount",
        )
    return refunding.release(call, charge, **noted)


def _check(amount: int, left: int, currency: str) -> None:
    if amount < 1:
        raise too_small("amount", 1)
    if amount > left:
        raise StripeError(
            f"Refund amount ({currencies.written(amount, currency)}) is greater than unrefunded "
            f"amount on charge ({currencies.written(left, currency)})",
            param="amount",
        )


_ALL = "/v1/refunds"
_ONE = f"{_ALL}/{{refund}}"

ROUTES = (
    Route("POST", _ALL, create, "RefundCreateParams", _KIND),
    Route("GET", _ALL, index, "RefundListParams", "list"),
    Route("GET", _ONE, retrieve, "RefundRetrieveParams", _KIND),
    Route("POST", _ONE, update, "RefundUpdateParams", _KIND),
    Route("POST", f"{_ONE}/cancel", cancel, "RefundCancelParams", _KIND),
    Route(
        "GET", "/v1/charges/{charge}/refunds", index_of_charge, "ChargeListRefundsParams", "list"
    ),
)
