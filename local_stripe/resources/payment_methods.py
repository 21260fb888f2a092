"""PaymentMethods: ways to pay, on their own or saved by a customer.

https://docs.stripe.com/api/payment_methods
"""

from local_stripe import (
    addresses,
    bank_accounts,
    declines,
    legacy_cards,
    methods,
    raw_cards,
    shapes,
    updates,
)
from local_stripe.bank_accounts import BankAccount
from local_stripe.call import Call
from local_stripe.cards import Card
from local_stripe.errors import StripeError, missing, not_implemented
from local_stripe.implemented import given, only
from local_stripe.listing import page
from local_stripe.routing import Route
from local_stripe.store import Object

_DEBITS = ("us_bank_account", "sepa_debit")
_CREATE = frozenset(("allow_redisplay", "billing_details", "card", "metadata", "type", *_DEBITS))
_UPDATE = frozenset(("allow_redisplay", "billing_details", "card", "metadata"))
_CARD = frozenset(("cvc", "exp_month", "exp_year", "number", "token"))
_EXPIRY = frozenset(("exp_month", "exp_year"))
_LIST = frozenset(
    ("allow_redisplay", "customer", "ending_before", "limit", "starting_after", "type")
)


def create(call: Call) -> Object:
    """A PaymentMethod from a token, a bank account, or the card somebody types into Stripe.js."""
    params = only(call.params, _CREATE)
    if not params.get("type"):
        raise missing("type")
    type = params["type"]
    if type not in ("card", *_DEBITS):
        raise not_implemented(f"PaymentMethods of type {type}", "type")
    if not params.get(type):
        raise missing(type)
    billing = params.get("billing_details") or {}
    if type in _DEBITS:
        return _from_bank(call, type, params[type], billing)
    sent = only(params["card"], _CARD)
    make = _from_token if "token" in sent else _from_typed
    return make(call, sent, billing)


def retrieve(call: Call) -> Object:
    """A PaymentMethod. One of Stripe's own, such as `pm_card_visa`, comes out as a fresh one."""
    return methods.obtain(call, call.path["payment_method"])


def update(call: Call) -> Object:
    """Change what is known about a saved PaymentMethod."""
    params = only(call.params, _UPDATE)
    method = call.store.require("payment_method", call.path["payment_method"])
    if method["customer"] is None:
        raise StripeError(
            "You must save this PaymentMethod to a customer before you can update it."
        )
    changed = {
        **method,
        "allow_redisplay": params.get("allow_redisplay", method["allow_redisplay"]),
        "billing_details": _billing(params.get("billing_details"), method["billing_details"]),
        "card": {**method["card"], **only(params.get("card") or {}, _EXPIRY)},
        "metadata": call.metadata(method["metadata"]),
    }
    return updates.record(call, "payment_method.updated", method, changed)


def attach(call: Call) -> Object:
    """Save the PaymentMethod to a customer."""
    id = given(only(call.params, ("customer",)), "customer")
    if id is None:
        raise missing("customer")
    customer = call.store.require("customer", id, "customer")["id"]
    return attach_to(call, customer, methods.obtain(call, call.path["payment_method"]))


def attach_to(call: Call, customer: str, method: Object) -> Object:
    """The PaymentMethod, saved by the customer. Raises CardError if the bank would not have it."""
    if method["customer"] == customer:
        return method
    if method["customer"]:
        raise StripeError(
            "The payment method you provided has already been attached to a customer."
        )
    card = methods.behind(call, method)
    if card is None:
        raise StripeError(
            "This PaymentMethod was previously used without being attached to a Customer or was "
            "detached from a Customer, and may not be used again."
        )
    if isinstance(card, BankAccount):
        raise not_implemented("bank accounts saved for later")
    decline = methods.verdict(card, method)
    if decline and not card.attaches:
        raise declines.refuse(decline, keep=False, param="")
    return methods.save(call, method, customer)


def detach(call: Call) -> Object:
    """Take the PaymentMethod from its customer: nobody can use it again."""
    only(call.params, ())
    method = call.store.require("payment_method", call.path["payment_method"])
    if method["customer"] is None:
        raise StripeError(
            "The payment method you provided is not attached to a customer so detachment is "
            "impossible."
        )
    return _detach(call, method)


def detach_all(call: Call, customer: str) -> None:
    """Take every PaymentMethod from a customer who is being deleted."""
    for method in list(call.store.select("payment_method", customer=customer)):
        _detach(call, method)


def index(call: Call) -> Object:
    """The PaymentMethods of a customer; without one, none."""
    customer = call.params.get("customer")
    if customer:
        call.store.require("customer", customer, "customer")
    return _page(call, customer or "nobody")


def index_of_customer(call: Call) -> Object:
    """The PaymentMethods of the customer in the path."""
    return _page(call, call.store.require("customer", call.path["customer"])["id"])


def retrieve_of_customer(call: Call) -> Object:
    """One PaymentMethod of the customer in the path."""
    customer = call.store.require("customer", call.path["customer"])
    method = call.store.get("payment_method", call.path["payment_method"])
    if method is None or method["customer"] != customer["id"]:
        raise StripeError("Invalid request", status=404, param="customer")
    return method


def _from_token(call: Call, sent: Object, billing: Object) -> Object:
    legacy = legacy_cards.spend(call, sent["token"] or "", "card[token]")
    expiry = legacy.shown["exp_month"], legacy.shown["exp_year"]
    return _new(call, legacy.card, expiry, legacy.checks, billing, legacy.billing_details)


def _from_typed(call: Call, sent: Object, billing: Object) -> Object:
    raw_cards.allowed(call)
    card, expiry = raw_cards.read(call, sent)
    address = billing.get("address") or {}
    checks = {
        "address_line1_check": "unchecked" if address.get("line1") else None,
        "address_postal_code_check": "unchecked" if address.get("postal_code") else None,
        "cvc_check": "unchecked" if sent.get("cvc") else None,
    }
    return _new(call, card, expiry, checks, billing, shapes.BILLING_DETAILS)


def _from_bank(call: Call, type: str, sent: Object, billing: Object) -> Object:
    account, shown = bank_accounts.read(type, sent, billing)
    return methods.new_debit(call, account, shown, **_noted(call, billing, shapes.BILLING_DETAILS))


def _new(
    call: Call,
    card: Card,
    expiry: tuple[int, int],
    checks: Object,
    billing: Object,
    known: Object,
) -> Object:
    return methods.new(call, card, expiry, checks, **_noted(call, billing, known))


def _noted(call: Call, billing: Object, known: Object) -> Object:
    """What the call says beside the card or the account."""
    return {
        "allow_redisplay": call.params.get("allow_redisplay") or "unspecified",
        "billing_details": _billing(billing, known),
        "metadata": call.metadata(),
    }


def _billing(sent: Object | None, known: Object) -> Object:
    """The billing details. Raises StripeError for an e-mail address that is none."""
    if sent and sent.get("email"):
        addresses.email(sent["email"], "billing_details[email]")
    return shapes.billing_details(sent, known)


def _detach(call: Call, method: Object) -> Object:
    detached = call.store.put({**method, "customer": None})
    methods.spend(call, method)
    call.events.emit("payment_method.detached", detached, {"customer": method["customer"]})
    return detached


def _page(call: Call, customer: str) -> Object:
    params = only(call.params, _LIST)
    wanted = {key: params[key] for key in ("allow_redisplay", "type") if params.get(key)}
    return page(call, "payment_method", customer=customer, **wanted)


_OF_CUSTOMER = "/v1/customers/{customer}/payment_methods"

ROUTES = (
    Route(
        "POST",
        "/v1/payment_methods",
        create,
        "PaymentMethodCreateParams",
        "payment_method",
        publishable=True,
    ),
    Route("GET", "/v1/payment_methods", index, "PaymentMethodListParams", "list"),
    Route(
        "GET",
        "/v1/payment_methods/{payment_method}",
        retrieve,
        "PaymentMethodRetrieveParams",
        "payment_method",
    ),
    Route(
        "POST",
        "/v1/payment_methods/{payment_method}",
        update,
        "PaymentMethodUpdateParams",
        "payment_method",
    ),
    Route(
        "POST",
        "/v1/payment_methods/{payment_method}/attach",
        attach,
        "PaymentMethodAttachParams",
        "payment_method",
    ),
    Route(
        "POST",
        "/v1/payment_methods/{payment_method}/detach",
        detach,
        "PaymentMethodDetachParams",
        "payment_method",
    ),
    Route("GET", _OF_CUSTOMER, index_of_customer, "CustomerPaymentMethodListParams", "list"),
    Route(
        "GET",
        f"{_OF_CUSTOMER}/{{payment_method}}",
        retrieve_of_customer,
        "CustomerPaymentMethodRetrieveParams",
        "payment_method",
    ),
)
