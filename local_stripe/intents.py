"""The one place where a PaymentIntent or SetupIntent comes into a new state."""

from local_stripe import checkout
from local_stripe.call import Call
from local_stripe.store import Object


def moved(call: Call, intent: Object, event: str) -> Object:
    """Store the intent and tell of it: `succeeded` becomes `payment_intent.succeeded`."""
    call.store.put(intent)
    call.events.emit(f"{intent['object']}.{event}", intent)
    checkout.follow(call, intent)
    return intent
