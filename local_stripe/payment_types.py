"""Which ways to pay an intent takes: those the account has switched on, or those it names.

https://docs.stripe.com/payments/payment-methods/integration-options
"""

from typing import Any

from local_stripe.call import Call
from local_stripe.errors import StripeError, not_implemented
from local_stripe.store import Object

_ACCOUNT = ("card", "link")  # what the account has switched on; link is only named
_CURRENCIES = {"us_bank_account": "usd", "sepa_debit": "eur"}  # of those that take only one
_CONFIGURATION = {"id": "pmc_1LocalStripeConfigured00", "parent": None}
_INTENTS = {"payment_intent": "Payment Intent", "setup_intent": "Setup Intent"}
_CARD: Object = {"mandate_options": None, "network": None, "request_three_d_secure": "automatic"}

# `payment_method_options` of an intent, by type.
PAYMENT_OPTIONS: Object = {
    "card": {"installments": None, **_CARD},
    "link": {"persistent_token": None},
    "sepa_debit": {},
    "us_bank_account": {"verification_method": "automatic"},
}
SETUP_OPTIONS: Object = {"card": _CARD}


def fields(params: dict[str, Any], options: Object) -> Object:
    """The fields of a new intent that say how it may be paid.

    Raises StripeError for a type that is not played here.
    """
    named, automatic = _named(params), _automatic(params)
    for type in named or ():
        if type not in ("link", *options):
            raise not_implemented(f"payments by {type}", "payment_method_types")
    types = named or list(_ACCOUNT if automatic else ("card",))
    return {
        "allowed_payment_method_types": params.get("allowed_payment_method_types"),
        "automatic_payment_methods": automatic,
        "payment_method_configuration_details": _CONFIGURATION if automatic else None,
        "payment_method_options": {type: options[type] for type in types if type in options},
        "payment_method_types": types,
    }


def _named(params: dict[str, Any]) -> list[str] | None:
    """The types that the call names: older API versions have another parameter for it."""
    return params.get("payment_method_types") or params.get("allowed_payment_method_types")


def _automatic(params: dict[str, Any]) -> Object | None:
    """What the account has switched on: the default, unless the call names types."""
    sent = params.get("automatic_payment_methods")
    if sent and params.get("payment_method_types"):
        raise StripeError(
            "You may only specify one of these parameters: automatic_payment_methods, "
            "payment_method_types.",
            param="automatic_payment_methods",
        )
    if not (sent["enabled"] if sent else _named(params) is None):
        return None
    redirects = (sent or {}).get("allow_redirects") or "always"
    return {"allow_redirects": redirects, "enabled": True}


def require_currency(types: list[str], currency: str) -> None:
    """Raises StripeError for a currency that one of the types does not take."""
    for type in types:
        if _CURRENCIES.get(type, currency) != currency:
            raise StripeError(
                f"The currency provided ({currency}) is invalid. Payments with {type} support the "
                f"following currencies: {_CURRENCIES[type]}.",
                code="payment_intent_invalid_currency",
                param="currency",
            )


def require_allowed(intent: Object, method: Object, known: Object | None) -> None:
    """Raises StripeError for a PaymentMethod of a type that the PaymentIntent does not take.

    `known` is the intent as it was before this call, None if this call creates it.
    """
    type, allowed = method["type"], intent["payment_method_types"]
    if type not in allowed:
        raise StripeError(
            f"The PaymentMethod provided ({type}) is not allowed for this PaymentIntent. Please "
            f"attach a PaymentMethod of one of the following types: {', '.join(allowed)}. "
            "Alternatively, update the allowed payment_method_types for this PaymentIntent to "
            f'include "{type}".',
            code="payment_intent_incompatible_payment_method",
            payment_intent=known,
        )


def require_return_url(call: Call, intent: Object, **known: Any) -> None:
    """Raises StripeError where a payer may be sent elsewhere and the call says not where to return.

    A page can do without: Stripe.js asks the payer in it.
    `known` is the intent as it was before this call, by its kind: the refusal shows it.
    """
    automatic = intent["automatic_payment_methods"]
    redirects = automatic is not None and automatic["allow_redirects"] == "always"
    if redirects and not call.publishable and not call.params.get("return_url"):
        raise StripeError(
            f"A `return_url` must be specified because this {_INTENTS[intent['object']]} is "
            "configured to automatically accept the payment methods enabled in the Dashboard, some "
            "of which may require a full page redirect to succeed. If you do not want to accept "
            "redirect-based payment methods, set `automatic_payment_methods[enabled]` to `true` "
            "and `automatic_payment_methods[allow_redirects]` to `never` when creating Setup "
            "Intents and Payment Intents.",
            **known,
        )
