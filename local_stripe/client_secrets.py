"""What a page may do with a publishable key: see and confirm an intent whose client secret it has.

https://docs.stripe.com/api/payment_intents/retrieve
"""

from collections.abc import Callable
from functools import wraps

from local_stripe.call import Call
from local_stripe.errors import StripeError, missing
from local_stripe.store import Object

_NAMES = {"payment_intent": "PaymentIntent", "setup_intent": "SetupIntent"}
_PUBLIC = {
    "payment_intent": (
        "id", "object", "amount", "amount_details", "automatic_payment_methods", "canceled_at",
        "cancellation_reason", "capture_method", "client_secret", "confirmation_method", "created",
        "currency", "description", "last_payment_error", "livemode", "next_action",
        "payment_method", "payment_method_configuration_details", "payment_method_types",
        "processing", "receipt_email", "setup_future_usage", "shipping", "source", "status",
    ),
    "setup_intent": (
        "id", "object", "automatic_payment_methods", "cancellation_reason", "client_secret",
        "created", "description", "last_setup_error", "livemode", "next_action", "payment_method",
        "payment_method_configuration_details", "payment_method_types", "status", "usage",
    ),
}  # fmt: skip
_EXPANDED = ("payment_method",)  # what a page may have spelled out, and nothing inside of it

Handler = Callable[[Call], Object]


def for_pages(kind: str) -> Callable[[Handler], Handler]:
    """Let pages in: with a publishable key the call needs the intent's client secret.

    Answers and errors then show only what a page may see of the intent.
    """

    def decorate(handler: Handler) -> Handler:
        @wraps(handler)
        def guarded(call: Call) -> Object:
            check(call, call.store.require(kind, call.path["intent"]))
            if not call.publishable:
                return handler(call)
            try:
                return shown(handler(call))
            except StripeError as error:
                if intent := error.fields.get(kind):
                    error.fields[kind] = shown(intent)
                raise

        return guarded

    return decorate


def check(call: Call, intent: Object) -> None:
    """Raises StripeError for a client secret that is not the intent's, or a page without one."""
    secret = call.params.get("client_secret")
    if call.publishable and secret is None:
        raise missing("client_secret")
    if secret is not None and secret != intent["client_secret"]:
        kind = intent["object"]
        raise StripeError(
            "The client_secret provided does not match the client_secret associated with this "
            f"{_NAMES[kind]}.",
            code=f"{kind}_invalid_parameter",
            param="client_secret",
        )


def require_narrow(call: Call) -> None:
    """Raises StripeError for a page that would see, say, the customer of a PaymentMethod."""
    for path in call.expand if call.publishable else ():
        if path not in _EXPANDED:
            raise StripeError(f"A publishable key cannot expand this property ({path}).")


def shown(intent: Object) -> Object:
    """What a page may see of the intent."""
    return {name: intent[name] for name in _PUBLIC[intent["object"]]}
