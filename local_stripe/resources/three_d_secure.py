"""What the bank's page says of a challenge: the owner proved to be the owner, or did not.

The page alone calls this, with a publishable key, so it is in no SDK.
"""

from typing import Literal

from typing_extensions import TypedDict

from local_stripe import challenges, client_secrets, paying, setting_up
from local_stripe.call import Call
from local_stripe.errors import CardError, StripeError
from local_stripe.routing import Route
from local_stripe.states import PAYMENT_INTENT, SETUP_INTENT
from local_stripe.store import Object

_MACHINES = {"payment_intent": PAYMENT_INTENT, "setup_intent": SETUP_INTENT}
_NEXT = {"payment_intent": paying, "setup_intent": setting_up}
_KINDS = {"pi": "payment_intent", "seti": "setup_intent"}


class ChallengeCompleteParams(TypedDict):
    """Which challenge of which intent, and how it ended."""

    client_secret: str
    source: str
    outcome: Literal["authenticated", "failed"]


def complete(call: Call) -> Object:
    """The intent after the challenge. A card declined then is no error of this call's."""
    secret = call.params["client_secret"]
    kind = _KINDS.get(secret.partition("_")[0])
    if kind is None:
        raise StripeError("No such client_secret", param="client_secret")
    intent = call.store.require(kind, secret.partition("_secret_")[0], "client_secret")
    client_secrets.check(call, intent)
    challenges.require_open(_MACHINES[kind], intent, call.params["source"])
    if call.params["outcome"] == "failed":
        return client_secrets.shown(_NEXT[kind].unauthenticated(call, intent))
    try:
        return client_secrets.shown(_NEXT[kind].authenticated(call, intent))
    except CardError:
        return client_secrets.shown(call.store.require(kind, intent["id"]))


ROUTES = (
    Route(
        "POST",
        "/v1/3ds2/challenge_complete",
        complete,
        ChallengeCompleteParams,
        "payment_intent",
        publishable=True,
    ),
)
