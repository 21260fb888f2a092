"""What the Checkout page asks for: what to show its payer, and the payment itself.

No SDK has these addresses; the page calls them with a publishable key, Stripe's CLI with a secret.
"""

from dataclasses import replace
from typing import Any, NotRequired

from typing_extensions import TypedDict

from local_stripe import addresses, checkout, client_secrets, line_items, methods
from local_stripe.call import Call
from local_stripe.errors import CardError, StripeError
from local_stripe.resources import checkout_sessions, customers, payment_intents, setup_intents
from local_stripe.routing import Route
from local_stripe.states import CHECKOUT_SESSION
from local_stripe.store import Object

# What the page may see of a session, and of what it sells.
_SESSION = (
    "id", "object", "amount_subtotal", "amount_total", "branding_settings", "cancel_url",
    "currency", "customer_details", "expires_at", "livemode", "locale", "mode",
    "payment_method_types", "payment_status", "status", "submit_type", "ui_mode",
)  # fmt: skip
_ITEM = ("id", "object", "amount_total", "currency", "description", "quantity")

# Who pays by bank debit has been told on the page that this allows it.
_MANDATE: Object = {"customer_acceptance": {"type": "online"}}

_INTENTS: dict[str, Any] = {"payment_intent": payment_intents, "setup_intent": setup_intents}


class PaymentPageRetrieveParams(TypedDict):
    """What lets a page of the shop's in, which no address of Stripe's has led there."""

    client_secret: NotRequired[str]


class PaymentPageConfirmParams(PaymentPageRetrieveParams):
    """How the payer pays, how much they were shown, and where their bank sends them back.

    With `use_stripe_sdk` it sends them nowhere: Stripe.js shows its page.
    """

    payment_method: str
    expected_amount: NotRequired[int]
    return_url: NotRequired[str]
    use_stripe_sdk: NotRequired[bool]


def retrieve(call: Call) -> Object:
    """The session with its line items and its intent; a page sees only what it needs."""
    return _view(call, _session(call))


def confirm(call: Call) -> Object:
    """Pay, or save the card. A session has one intent: a declined payer tries it again.

    A session that is complete stays as it is, so that a second click or tab pays nothing.
    Raises CardError for a decline.
    """
    session = _session(call)
    if session["status"] == "complete":
        return _view(call, session)
    CHECKOUT_SESSION.require("confirm", session)
    _require_amount(call, session)
    kind = checkout.intent_kind(session)
    method = methods.obtain(call, call.params["payment_method"], "payment_method")
    intent = _intent(call, session, kind, method)
    payment = replace(call, params=_payment(call, session, method))
    try:
        _INTENTS[kind].attempt(payment, intent)
    except CardError as error:
        if call.publishable:
            declined = call.store.require(kind, intent["id"])
            error.fields[kind] = client_secrets.shown(declined)
        raise
    return _view(call, checkout_sessions.retrieve(call))


def _session(call: Call) -> Object:
    """The session in the path. Raises StripeError for a page that does not know its secret."""
    session = checkout_sessions.retrieve(call)
    sent = call.params.get("client_secret")
    if call.publishable and session["client_secret"] != sent:
        raise StripeError(
            "The client_secret provided does not match the client_secret associated with this "
            "Checkout Session.",
            param="client_secret",
        )
    return session


def _payment(call: Call, session: Object, method: Object) -> Object:
    """What confirms the session's intent."""
    params = {"mandate_data": _MANDATE, "payment_method": method["id"]}
    if call.params.get("use_stripe_sdk"):
        return {**params, "use_stripe_sdk": True}
    back = call.params.get("return_url") or session["url"]
    return {**params, "return_url": addresses.web(back, "return_url")}


def _require_amount(call: Call, session: Object) -> None:
    """Raises StripeError for a payer who saw another total than the session's."""
    expected = call.params.get("expected_amount")
    if expected is not None and expected != session["amount_total"]:
        raise StripeError(
            f"The total of this Checkout Session is {session['amount_total']}, not {expected}: "
            "please load the page again.",
            param="expected_amount",
        )


def _intent(call: Call, session: Object, kind: str, method: Object) -> Object:
    """The session's intent, made when somebody first tries to pay."""
    if session[kind]:
        return call.store.require(kind, session[kind])
    customer = session["customer"]
    if session["customer_creation"] == "always":
        customer = _new_customer(call, session, method["billing_details"])
    params = {
        **checkout.intent_params(call.store, session),
        **({"customer": customer} if customer else {}),
    }
    intent: Object = _INTENTS[kind].create(replace(call, params=params, path={}))
    call.store.put({**session, kind: intent["id"], "customer": customer})
    return intent


def _new_customer(call: Call, session: Object, said: Object) -> str:
    email = (session["customer_details"] or said)["email"]
    known = {"email": email, "name": said["name"], "phone": said["phone"]}
    params = {name: value for name, value in known.items() if value is not None}
    id: str = customers.create(replace(call, params=params, path={}))["id"]
    return id


def _view(call: Call, session: Object) -> Object:
    kind = checkout.intent_kind(session)
    intent = call.store.get(kind, session[kind]) if session[kind] else None
    items = checkout.items(call.store, session)
    if not call.publishable:
        page = line_items.first_page(call.url, items)
        return {**session, kind: intent, "line_items": page}
    return {
        **{name: session[name] for name in _SESSION},
        kind: client_secrets.shown(intent) if intent else None,
        "line_items": [{name: item[name] for name in _ITEM} for item in items],
        "success_url": _success_url(session),
    }


def _success_url(session: Object) -> str | None:
    """Where the payer goes in the end; None where the shop's own page stays."""
    if session.get("redirect_on_completion") == "if_required":
        return None  # no way to pay here leads away
    url: str | None = session["success_url"] or session.get("return_url")
    return url.replace("{CHECKOUT_SESSION_ID}", session["id"]) if url else None


_ONE = "/v1/payment_pages/{session}"

ROUTES = (
    Route("GET", _ONE, retrieve, PaymentPageRetrieveParams, checkout.KIND, publishable=True),
    Route(
        "POST",
        f"{_ONE}/confirm",
        confirm,
        PaymentPageConfirmParams,
        checkout.KIND,
        publishable=True,
    ),
)
