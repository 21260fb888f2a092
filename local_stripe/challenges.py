"""3D Secure: when the bank wants to hear from the card's owner, and where the owner is sent.

https://docs.stripe.com/payments/3d-secure
"""

from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from local_stripe import declines, intents
from local_stripe.auth import PUBLISHABLE_KEY
from local_stripe.call import Call
from local_stripe.cards import Card
from local_stripe.errors import StripeError
from local_stripe.states import Machine
from local_stripe.store import Object

PAGE = "/3d_secure_2/hosted"

FAILED = (
    "We are unable to authenticate your payment method. Please choose a different payment method "
    "and try again."
)


def needed(call: Call, card: Card) -> bool:
    """Whether the bank challenges this confirmation."""
    if card.challenge == "on_session":
        return not call.params.get("off_session")
    return card.challenge == "always"


def begin(call: Call, machine: Machine, intent: Object, **changes: None) -> Object:
    """The intent, waiting for its owner; `changes` are the fields that the attempt clears."""
    waiting = machine.move(
        "confirm",
        intent,
        next_action=_next_action(call, intent),
        status="requires_action",
        **changes,
    )
    return intents.moved(call, waiting, "requires_action")


def require_open(machine: Machine, intent: Object, source: str) -> None:
    """Raises StripeError unless the intent still waits for the answer to this very challenge."""
    machine.require("authenticate", intent)
    if _source(intent["next_action"]) != source:
        raise StripeError("This challenge is over: another one took its place.", param="source")


def failure(intent: Object, method: Object) -> dict[str, Any]:
    """The error of an owner who could not prove it, as the intent remembers it."""
    code = f"{intent['object']}_authentication_failure"
    error = StripeError(FAILED, code=code, payment_method=method)
    return declines.remembered(error, payment_method_type=method["type"])


def _source(next_action: Object) -> str:
    """The id of the challenge that an intent waits for."""
    where = next_action[next_action["type"]]
    query = urlsplit(where.get("url") or where["stripe_js"]).query
    return parse_qs(query)["source"][0]


def _next_action(call: Call, intent: Object) -> Object:
    """What the page must do: send the owner to a URL, or let Stripe.js ask.

    It is a redirect if the call named a `return_url` and not `use_stripe_sdk`.
    """
    source = call.ids.new("payatt", sibling=intent["id"])
    url = _url(call, intent, source)
    return_url = call.params.get("return_url")
    if return_url and not call.params.get("use_stripe_sdk"):
        return {
            "redirect_to_url": {"return_url": return_url, "url": url},
            "type": "redirect_to_url",
        }
    return {
        "type": "use_stripe_sdk",
        "use_stripe_sdk": {
            "source": source,
            "stripe_js": url,
            "type": "three_d_secure_redirect",
        },
    }


def _url(call: Call, intent: Object, source: str) -> str:
    """The bank's page. As at Stripe its address holds all that it needs to ask for the intent."""
    kind = intent["object"]
    query = {
        kind: intent["id"],
        f"{kind}_client_secret": intent["client_secret"],
        "publishable_key": PUBLISHABLE_KEY,
        "source": source,
    }
    return f"{call.stripe.origin}{PAGE}?{urlencode(query)}"
