"""Which ways to pay an intent takes: those the account has switched on, or those it names.

https://docs.stripe.com/payments/payment-methods/integration-options
"""

from typing import Any

from local_stripe.call import Call
from local_stripe.errors import StripeError, not_implemented
from local_stripe.store import Object

_ACCOUNT = ("card", "link")  # what the account has switched on; only cards can be paid with here
_CONFIGURATION = {"id": "pmc_1LocalStripeConfigured00", "parent": None}
_CARD: Object = {"mandate_options": None, "network": None, "request_three_d_secure": "automatic"}

# `payment_method_options` of an intent, by type.
PAYMENT_OPTIONS: Object = {
    "card": {"installments": None, **_CARD},
    "link": {"persistent_token": None},
}
SETUP_OPTIONS: Object = {"card": _CARD}


def fields(params: Object, options: Object) -> Object:
    """The fields of a new intent that say how it may be paid.

    Older API versions name `payment_method_types`, newer ones `allowed_payment_method_types`;
    either way nothing redirects then. Raises StripeError for a type that is not played here.
    """
    named = params.get("payment_method_types") or params.get("allowed_payment_method_types")
    automatic = params.get("automatic_payment_methods")
    if automatic and params.get("payment_method_types"):
        raise StripeError(
            "You may only specify one of these parameters: automatic_payment_methods, "
            "payment_method_types.",
            param="automatic_payment_methods",
        )
    for type in named or ():
        if type not in _ACCOUNT:
            raise not_implemented(f"payments by {type}", "payment_method_types")
    if (automatic is None and named is None) or (automatic and automatic["enabled"]):
        redirects = (automatic or {}).get("allow_redirects") or "always"
        automatic = {"allow_redirects": redirects, "enabled": True}
    else:
        automatic, named = None, named or ["card"]
    types = list(named or _ACCOUNT)
    return {
        "allowed_payment_method_types": params.get("allowed_payment_method_types"),
        "automatic_payment_methods": automatic,
        "payment_method_configuration_details": _CONFIGURATION if automatic else None,
        "payment_method_options": {type: options[type] for type in types if type in options},
        "payment_method_types": types,
    }


def require_return_url(call: Call, intent: Object, **known: Any) -> None:
    """Raises StripeError where a payer may be sent elsewhere and the call says not where to return.

    `known` is the intent as it was before this call, by its kind: the refusal shows it.
    """
    automatic = intent["automatic_payment_methods"]
    redirects = automatic is not None and automatic["allow_redirects"] == "always"
    if redirects and not call.params.get("return_url"):
        raise StripeError(
            "A `return_url` must be specified because this Payment Intent is configured to "
            "automatically accept the payment methods enabled in the Dashboard, some of which may "
            "require a full page redirect to succeed. If you do not want to accept redirect-based "
            "payment methods, set `automatic_payment_methods[enabled]` to `true` and "
            "`automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents "
            "and Payment Intents.",
            **known,
        )
