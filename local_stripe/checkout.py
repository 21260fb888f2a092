"""The life of a Checkout Session: it goes where its payment goes.

https://docs.stripe.com/payments/checkout/how-checkout-works
"""

from local_stripe.call import Call
from local_stripe.errors import StripeError
from local_stripe.states import CHECKOUT_SESSION
from local_stripe.store import Object, Store

KIND = "checkout.session"
NO_DETAILS: Object = {
    "address": None,
    "business_name": None,
    "email": None,
    "individual_name": None,
    "name": None,
    "phone": None,
    "tax_exempt": "none",
    "tax_ids": None,
}


def intent_kind(session: Object) -> str:
    """What a session leads to: a `payment_intent`, or a `setup_intent`."""
    return "payment_intent" if session["mode"] == "payment" else "setup_intent"


def intent_params(store: Store, session: Object) -> Object:
    """The parameters of the session's intent."""
    asked: Object = store.secret[session["id"]]["intent"]
    ways = {"payment_method_types": session["payment_method_types"]}
    if session["mode"] == "setup":
        return {**asked, **ways}
    return {**asked, **ways, "amount": session["amount_total"], "currency": session["currency"]}


def items(store: Store, session: Object) -> list[Object]:
    """What the session sells."""
    sold: list[Object] = store.secret[session["id"]]["line_items"]
    return sold


def session_of(call: Call, intent: Object) -> Object | None:
    """The Checkout Session that made this PaymentIntent or SetupIntent, or None."""
    return next(call.store.select(KIND, **{intent["object"]: intent["id"]}), None)


def follow(call: Call, intent: Object) -> None:
    """Let the session of this intent, if it has one, follow it to its new status."""
    session = session_of(call, intent)
    if session is None:
        return
    match session["status"], intent["status"]:
        case "open", "succeeded" | "requires_capture" | "processing":
            _complete(call, session, intent)
        case "complete", "succeeded" if intent["capture_method"] == "manual":
            call.store.put(CHECKOUT_SESSION.move("settle", session, payment_status="paid"))
        case "complete", "succeeded":
            paid = CHECKOUT_SESSION.move("settle", session, payment_status="paid")
            call.store.put(paid)
            call.events.emit("checkout.session.async_payment_succeeded", paid)
        case "complete", "requires_payment_method":
            call.events.emit("checkout.session.async_payment_failed", session)


def require_closed(call: Call, intent: Object) -> None:
    """Raises StripeError while the intent is for an open session, and for its page alone."""
    session = session_of(call, intent)
    if session is not None and session["status"] == "open":
        name = "PaymentIntents" if intent["object"] == "payment_intent" else "SetupIntents"
        raise StripeError(
            f"You cannot perform this action on {name} created by Checkout. Try expiring the "
            "Checkout Session instead."
        )


def _complete(call: Call, session: Object, intent: Object) -> None:
    done = CHECKOUT_SESSION.move(
        "confirm",
        session,
        customer_details=_customer_details(call, session, intent),
        payment_status=_payment_status(intent),
        status="complete",
        url=None,
    )
    call.store.put(done)
    call.events.emit("checkout.session.completed", done)


def _payment_status(intent: Object) -> str:
    """Whether the money is there: that of a hold or of a bank debit is not yet."""
    if intent["object"] == "setup_intent":
        return "no_payment_required"
    return "paid" if intent["status"] == "succeeded" else "unpaid"


def _customer_details(call: Call, session: Object, intent: Object) -> Object:
    """What the payer said; an e-mail address that the shop knew goes before.

    Who only saves a card is asked for no address.
    """
    method = call.store.require("payment_method", intent["payment_method"])
    said, known = method["billing_details"], session["customer_details"] or NO_DETAILS
    return {
        **known,
        "address": said["address"] if session["mode"] == "payment" else None,
        "email": known["email"] or said["email"],
        "name": said["name"],
        "phone": said["phone"],
        "tax_ids": [],
    }
