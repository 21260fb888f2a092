"""PaymentMethods as they are used: made from a test card or bank account, saved, spent.

https://docs.stripe.com/payments/payment-methods
"""

from typing import Any

from local_stripe import bank_accounts, cards, raw_cards, shapes
from local_stripe.bank_accounts import BankAccount
from local_stripe.call import Call
from local_stripe.cards import Card
from local_stripe.declines import INCORRECT_CVC, Decline
from local_stripe.errors import StripeError, no_such
from local_stripe.store import Object

SPENT = (
    "The provided PaymentMethod was previously used with a PaymentIntent without Customer "
    "attachment, shared with a connected account without Customer attachment, or was detached from "
    "a Customer. It may not be used again. To use a PaymentMethod multiple times, you must attach "
    "it to a Customer first."
)

_DISPLAY_BRANDS = {"amex": "american_express", "diners": "diners_club", "unionpay": "union_pay"}
_UNCHECKED = {
    "address_line1_check": None,
    "address_postal_code_check": None,
    "cvc_check": "unchecked",
}
_SUPPORTED = {"supported": True}
_UNSUPPORTED = {"supported": False}
_NETWORKS = {brand: {"available": [brand], "preferred": None} for brand in cards.BRANDS}


def new(
    call: Call,
    card: Card,
    expiry: tuple[int, int],
    checks: Object = _UNCHECKED,
    **fields: Any,
) -> Object:
    """A PaymentMethod for a test card that expires then."""
    shown = {
        "brand": card.brand,
        "checks": checks,
        "country": card.country,
        "display_brand": _DISPLAY_BRANDS.get(card.brand, card.brand),
        "exp_month": expiry[0],
        "exp_year": expiry[1],
        "fingerprint": cards.fingerprint(card),
        "funding": card.funding,
        "generated_from": None,
        "last4": card.last4,
        "networks": _NETWORKS[card.brand],
        "regulated_status": "unregulated",
        "three_d_secure_usage": _SUPPORTED if card.three_d_secure else _UNSUPPORTED,
        "wallet": None,
    }
    return _stored(call, card, "card", shown, fields)


def new_debit(call: Call, account: BankAccount, shown: Object, **fields: Any) -> Object:
    """A PaymentMethod for a test bank account, which it shows like this."""
    return _stored(call, account, account.type, shown, fields)


def obtain(call: Call, id: str, param: str | None = None) -> Object:
    """The PaymentMethod of this id; a `pm_card_…` or `pm_usBankAccount_…` makes a new one.

    Raises StripeError for an unknown id in the parameter `param`, or in the path without it.
    """
    method = call.store.get("payment_method", id)
    if method is not None:
        return method
    card = cards.find(id) if id.startswith("pm_card_") else None
    if card is not None:
        return new(call, card, raw_cards.rolling_expiry(call))
    account = bank_accounts.find(id) if id.startswith("pm_usBankAccount_") else None
    if account is not None:
        return new_debit(call, account, bank_accounts.show_us(account))
    raise no_such("payment_method", id, param)


def behind(call: Call, method: Object) -> Card | BankAccount | None:
    """The test card or bank account behind a PaymentMethod; None once it is spent."""
    found: Card | BankAccount | None = call.store.secret[method["id"]]
    return found


def verdict(card: Card, method: Object) -> Decline | None:
    """What the bank says to the card. It cannot tell a security code wrong that it did not get."""
    unseen = method["card"]["checks"]["cvc_check"] is None
    return None if unseen and card.decline is INCORRECT_CVC else card.decline


def spend(call: Call, method: Object) -> None:
    """It was used while it belonged to nobody, or was detached: never again."""
    call.store.secret[method["id"]] = None


def save(call: Call, method: Object, customer: str) -> Object:
    """The PaymentMethod, now that customer's."""
    saved = call.store.put({**look_at(call, method), "customer": customer})
    call.events.emit("payment_method.attached", saved)
    return saved


def look_at(call: Call, method: Object, decline: Decline | None = None) -> Object:
    """The PaymentMethod after the bank has checked what there was to check."""
    checks = method["card"]["checks"]
    if "unchecked" not in checks.values():
        return method
    results = {name: check and "pass" for name, check in checks.items()}
    if decline is INCORRECT_CVC:
        results["cvc_check"] = "fail"
    return call.store.put({**method, "card": {**method["card"], "checks": results}})


def _stored(
    call: Call, behind: Card | BankAccount, type: str, shown: Object, fields: Object
) -> Object:
    method: Object = {
        "id": call.ids.new("pm"),
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": shapes.BILLING_DETAILS,
        type: shown,
        "created": call.clock.now(),
        "customer": None,
        "customer_account": None,
        "livemode": False,
        "metadata": {},
        "type": type,
        **fields,
    }
    call.store.secret[method["id"]] = behind
    return call.store.put(method)


def somebody_elses(method: Object, customer: str, **fields: Any) -> StripeError:
    """The refusal to use a PaymentMethod that another customer saved."""
    return StripeError(
        f"The PaymentMethod {method['id']} does not belong to the Customer you supplied "
        f"{customer}. Please use this PaymentMethod with the Customer that it belongs to instead.",
        param="payment_method",
        **fields,
    )
