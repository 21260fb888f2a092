"""What a page may read with a publishable key: an intent whose client secret it knows.

https://docs.stripe.com/api/payment_intents/retrieve
"""

from collections.abc import Iterable

from local_stripe.call import Call
from local_stripe.errors import StripeError, missing
from local_stripe.store import Object

_NAMES = {"payment_intent": "PaymentIntent", "setup_intent": "SetupIntent"}


def guarded(call: Call, intent: Object, public: Iterable[str]) -> Object:
    """The intent; with a publishable key only the fields that are `public`.

    Raises StripeError where a publishable key comes without the intent's own client secret.
    """
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
    return {name: intent[name] for name in public} if call.publishable else intent
