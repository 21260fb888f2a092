"""Checkout Sessions: a page of Stripe's on which somebody pays for a list of things.

https://docs.stripe.com/api/checkout/sessions
"""

from dataclasses import replace

from local_stripe import (
    checkout,
    checkout_places,
    checkout_terms,
    languages,
    line_items,
    reselling,
    shapes,
)
from local_stripe.call import Call
from local_stripe.expand import Includes
from local_stripe.implemented import given, only
from local_stripe.listing import page
from local_stripe.resources import payment_intents, setup_intents
from local_stripe.routing import Route
from local_stripe.states import CHECKOUT_SESSION
from local_stripe.store import Object, Store

_KIND = checkout.KIND
_ALL = "/v1/checkout/sessions"
_ONE = f"{_ALL}/{{session}}"

_CREATE = frozenset((
    "allowed_payment_method_types", "branding_settings", "cancel_url", "client_reference_id",
    "currency", "customer", "customer_creation", "customer_email", "expires_at", "line_items",
    "locale", "metadata", "mode", "payment_intent_data", "payment_method_types",
    "redirect_on_completion", "return_url", "setup_intent_data", "submit_type", "success_url",
    "ui_mode",
))  # fmt: skip
_LIST = (
    "created", "customer", "customer_details", "ending_before", "limit", "payment_intent",
    "starting_after", "status",
)  # fmt: skip

_BRANDING = {
    "background_color": "#ffffff",
    "border_style": "rounded",
    "button_color": "#0074d4",
    "display_name": shapes.MERCHANT,
    "font_family": "default",
    "icon": None,
    "logo": None,
}
_NO_TAX = {"enabled": False, "liability": None, "provider": None, "status": None}
_NO_TEXTS = dict.fromkeys(
    ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")
)
_NO_INVOICE = {
    "enabled": False,
    "invoice_data": {
        "account_tax_ids": None,
        "custom_fields": None,
        "description": None,
        "footer": None,
        "issuer": None,
        "metadata": {},
        "rendering_options": None,
    },
}
_DISABLED = {"enabled": False}
_NOTHING_ADDED = {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0}


def create(call: Call) -> Object:
    """A session to send somebody to; its PaymentIntent is made when they pay."""
    params = only(call.params, _CREATE)
    mode = checkout_terms.mode(params)
    items = checkout_terms.items(call, mode)
    total = checkout_terms.total(items) if mode == "payment" else None
    currency = items[0]["currency"] if items else checkout_terms.currency_to_set_up(params)
    ways = checkout_terms.ways_to_pay(params, mode, currency)
    customer, details = checkout_terms.customer(call)
    expires_at = checkout_terms.expires_at(call)
    id = f"cs_test_a1{call.ids.text(28)}{call.ids.text(28)}"
    place = checkout_places.fields(call, id)
    call.store.secret[id] = {
        "line_items": items,
        "intent": checkout_terms.intent_data(params, mode),
    }
    session = {
        "id": id,
        "object": _KIND,
        "adaptive_pricing": _DISABLED,
        "after_expiration": None,
        "allow_promotion_codes": None,
        "allowed_payment_method_types": ways["allowed_payment_method_types"],
        "amount_subtotal": total,
        "amount_total": total,
        "automatic_tax": _NO_TAX,
        "billing_address_collection": None,
        "branding_settings": {**_BRANDING, **checkout_terms.display_name(params)},
        "client_reference_id": checkout_terms.client_reference_id(params),
        "collected_information": None,
        "consent": None,
        "consent_collection": None,
        "created": call.clock.now(),
        "currency": currency,
        "currency_conversion": None,
        "custom_fields": [],
        "custom_text": _NO_TEXTS,
        "customer": customer,
        "customer_account": None,
        "customer_creation": checkout_terms.customer_creation(params),
        "customer_details": details,
        "customer_email": params.get("customer_email"),
        "discounts": [],
        "expires_at": expires_at,
        "integration_identifier": None,
        "invoice": None,
        "invoice_creation": _NO_INVOICE if mode == "payment" else None,
        "livemode": False,
        "locale": languages.known(given(params, "locale")),
        "managed_payments": _DISABLED,
        "metadata": call.metadata(),
        "mode": mode,
        "origin_context": None,
        "payment_intent": None,
        "payment_link": None,
        "payment_method_collection": "if_required" if mode == "payment" else "always",
        "payment_method_configuration_details": ways["payment_method_configuration_details"],
        "payment_method_options": ways["payment_method_options"],
        "payment_method_types": ways["payment_method_types"],
        "payment_status": "unpaid" if mode == "payment" else "no_payment_required",
        "permissions": None,
        "phone_number_collection": _DISABLED,
        "recovered_from": None,
        "saved_payment_method_options": None,
        "setup_intent": None,
        "shipping_address_collection": None,
        "shipping_cost": None,
        "shipping_options": [],
        "status": "open",
        "submit_type": params.get("submit_type"),
        "subscription": None,
        "total_details": _NOTHING_ADDED if mode == "payment" else None,
        "wallet_options": None,
        **place,
    }
    call.stripe.agenda.add(expires_at, _expire_if_open, id)
    return call.store.put(session)


def retrieve(call: Call) -> Object:
    """One session."""
    return call.store.require(_KIND, call.path["session"])


def update(call: Call) -> Object:
    """Change the metadata and, where the shop's own page is paid on, what is sold."""
    params = only(call.params, ("line_items", "metadata"))
    session = retrieve(call)
    changed = reselling.resold(call, session) if "line_items" in params else session
    return call.store.put({**changed, "metadata": call.metadata(session["metadata"])})


def index(call: Call) -> Object:
    """Sessions, newest first; those of a customer, an e-mail address or a payment if asked."""
    params = only(call.params, _LIST)
    names = ("customer", "payment_intent", "status")
    email = (params.get("customer_details") or {}).get("email")

    def matches(session: Object) -> bool:
        return email is None or (session["customer_details"] or {}).get("email") == email

    return page(call, _KIND, where=matches, **{n: params[n] for n in names if params.get(n)})


def list_line_items(call: Call) -> Object:
    """What the session sells."""
    return line_items.page(call, checkout.items(call.store, retrieve(call)))


def expire(call: Call) -> Object:
    """Close an open session: nobody can pay it any more, and its PaymentIntent is canceled."""
    only(call.params, ())
    session = retrieve(call)
    CHECKOUT_SESSION.require("expire", session)
    return _expire(call, session)


def _expire(call: Call, session: Object) -> Object:
    expired = CHECKOUT_SESSION.move("expire", session, status="expired", url=None)
    call.store.put(expired)
    call.events.emit("checkout.session.expired", expired)
    by_itself = {"cancellation_reason": "automatic"}
    if id := session["payment_intent"]:
        payment_intents.cancel(replace(call, params=by_itself, path={"intent": id}))
    if id := session["setup_intent"]:
        setup_intents.cancel(replace(call, params={}, path={"intent": id}))
    return expired


def _expire_if_open(call: Call, id: str) -> None:
    """What the agenda does when a session's time is up."""
    session = call.store.require(_KIND, id)
    if CHECKOUT_SESSION.allows("expire", session):
        _expire(call, session)


def _first_items(store: Store, session: Object) -> Object:
    """The field `line_items` of a session."""
    url = f"{_ALL}/{session['id']}/line_items"
    return line_items.first_page(url, checkout.items(store, session))


INCLUDES: Includes = {(_KIND, "line_items"): _first_items}

ROUTES = (
    Route("POST", _ALL, create, "checkout.SessionCreateParams", _KIND),
    Route("GET", _ALL, index, "checkout.SessionListParams", "list"),
    Route("GET", _ONE, retrieve, "checkout.SessionRetrieveParams", _KIND),
    Route("POST", _ONE, update, "checkout.SessionUpdateParams", _KIND),
    Route("POST", f"{_ONE}/expire", expire, "checkout.SessionExpireParams", _KIND),
    Route(
        "GET", f"{_ONE}/line_items", list_line_items, "checkout.SessionLineItemListParams", "list"
    ),
)
