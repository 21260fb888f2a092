"""Charges: what was taken from a card, for a PaymentIntent or, in older shops, on its own.

https://docs.stripe.com/api/charges
"""

from typing import Any

from local_stripe import card_testing, charging, currencies, declines, legacy_cards, shapes, updates
from local_stripe.call import Call
from local_stripe.errors import StripeError, missing, too_small
from local_stripe.expand import Includes
from local_stripe.implemented import given, only
from local_stripe.legacy_cards import LegacyCard
from local_stripe.listing import page
from local_stripe.resources import sources
from local_stripe.routing import Route
from local_stripe.search import search
from local_stripe.states import CHARGE
from local_stripe.store import Object, Store

_KIND = "charge"
_CREATE = frozenset((
    "amount", "capture", "currency", "customer", "description", "metadata", "receipt_email",
    "shipping", "source", "transfer_group",
))  # fmt: skip
_UPDATE = ("description", "metadata", "receipt_email", "shipping", "transfer_group")
_LIST = (
    "created", "customer", "ending_before", "limit", "payment_intent", "starting_after",
    "transfer_group",
)  # fmt: skip
_FILTERS = ("customer", "payment_intent", "transfer_group")


def create(call: Call) -> Object:
    """Charge a token, or a customer's legacy card: the way before PaymentIntents.

    Raises StripeError for a token where the account's policy has ended that, and CardError for
    a decline: the failed charge stays.
    """
    params = only(call.params, _CREATE)
    customer, source = given(params, "customer"), given(params, "source")
    if customer is None and source is None:
        raise StripeError("Must provide source or customer.", code="parameter_missing")
    currency = currencies.known(_required(params, "currency"))
    amount = currencies.chargeable(_required(params, "amount"), currency)
    paying = _legacy_card(call, customer, source)
    method, email = paying.as_method(), params.get("receipt_email")
    decline = card_testing.verdict(call, method, customer, email) or paying.verdict
    charge = charging.pay(
        call,
        paying.card,
        method,
        decline,
        amount=amount,
        currency=currency,
        capture=params.get("capture", True),
        customer=customer,
        description=params.get("description"),
        metadata=call.metadata(),
        receipt_email=email,
        shipping=shapes.shipping(params.get("shipping")),
        source=paying.shown,
        transfer_group=params.get("transfer_group"),
    )
    if decline:
        raise declines.refuse(decline, charge=charge["id"])
    return charge


def retrieve(call: Call) -> Object:
    """One charge."""
    return call.store.require(_KIND, call.path["charge"])


def update(call: Call) -> Object:
    """Change what is noted about a charge."""
    params = only(call.params, _UPDATE)
    charge = call.store.require(_KIND, call.path["charge"])
    if "transfer_group" in params and charge["payment_intent"]:
        raise StripeError(
            f"This Charge was created by a PaymentIntent ({charge['payment_intent']}). You must "
            "update the `transfer_group` on the PaymentIntent instead of updating the Charge "
            "directly. See https://stripe.com/docs/api#update_payment_intent"
        )
    changed = {**charge, **params, "metadata": call.metadata(charge["metadata"])}
    if "shipping" in params:
        changed["shipping"] = shapes.shipping(params["shipping"])
    return updates.record(call, "charge.updated", charge, changed)


def capture(call: Call) -> Object:
    """Take the money that a charge without a PaymentIntent holds, or part of it."""
    params = only(call.params, ("amount",))
    charge = call.store.require(_KIND, call.path["charge"])
    if charge["captured"]:
        raise StripeError(
            f"Charge {charge['id']} has already been captured.", code="charge_already_captured"
        )
    if charge["payment_intent"]:
        raise StripeError(
            f"This Charge was created by a PaymentIntent ({charge['payment_intent']}). You must "
            "capture the PaymentIntent instead of capturing the Charge directly. See "
            "https://stripe.com/docs/api#capture_payment_intent"
        )
    if not CHARGE.allows("capture", charge):
        raise StripeError(f"Charge {charge['id']} has been refunded or has failed.")
    asked = given(params, "amount")
    amount: int = charge["amount"] if asked is None else asked
    if amount < 1:
        raise too_small("amount", 1)
    if amount > charge["amount"]:
        raise StripeError(
            "You cannot capture a charge for an amount greater than it already has.",
            code="amount_too_large",
            param="amount",
        )
    return charging.capture(call, charge, amount)


def index(call: Call) -> Object:
    """Charges, newest first."""
    params = only(call.params, _LIST)
    return page(call, _KIND, **{name: params[name] for name in _FILTERS if params.get(name)})


def find(call: Call) -> Object:
    """Charges that a query describes."""
    return search(call, _KIND)


def _required(params: Object, name: str) -> Any:
    value = given(params, name)
    if value is None:
        raise missing(name)
    return value


def _legacy_card(call: Call, customer: str | None, source: str | None) -> LegacyCard:
    if customer:
        owner = call.store.require("customer", customer, "customer")
        return sources.of_customer(call, owner, source)
    return legacy_cards.spend_without_intent(call, source or "")


def _refunds(store: Store, charge: Object) -> Object:
    """The field `refunds` of a charge."""
    refunds = list(store.select("refund", charge=charge["id"]))
    url = f"/v1/charges/{charge['id']}/refunds"
    return {"object": "list", "data": refunds[:10], "has_more": len(refunds) > 10, "url": url}


_ALL = "/v1/charges"
_ONE = f"{_ALL}/{{charge}}"

INCLUDES: Includes = {(_KIND, "refunds"): _refunds}

ROUTES = (
    Route("POST", _ALL, create, "ChargeCreateParams", _KIND),
    Route("GET", _ALL, index, "ChargeListParams", "list"),
    Route("GET", f"{_ALL}/search", find, "ChargeSearchParams", "search_result"),
    Route("GET", _ONE, retrieve, "ChargeRetrieveParams", _KIND),
    Route("POST", _ONE, update, "ChargeUpdateParams", _KIND),
    Route("POST", f"{_ONE}/capture", capture, "ChargeCaptureParams", _KIND),
)
