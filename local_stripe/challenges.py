"""3D Secure: when the bank wants to hear from the card's owner, and where the owner is sent.

https://docs.stripe.com/payments/3d-secure
"""

from local_stripe.call import Call
from local_stripe.cards import Card
from local_stripe.states import Machine
from local_stripe.store import Object


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
    call.store.put(waiting)
    call.events.emit(f"{intent['object']}.requires_action", waiting)
    return waiting


def _next_action(call: Call, intent: Object) -> Object:
    """What the page must do: send the owner to a URL, or let Stripe.js ask.

    It is a redirect if the call named a `return_url` and not `use_stripe_sdk`.
    """
    source = call.ids.new("payatt", sibling=intent["id"])
    url = f"{call.stripe.origin}/3d_secure_2/hosted?payment_intent={intent['id']}&source={source}"
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
