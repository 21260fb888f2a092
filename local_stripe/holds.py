"""Money that is held: what happens when nobody captures it in time.

https://docs.stripe.com/payments/place-a-hold-on-a-payment-method
"""

from local_stripe import intents, reviews
from local_stripe.call import Call
from local_stripe.states import CHARGE, PAYMENT_INTENT

LENGTH = 7 * 86_400  # seconds that a bank keeps an authorization


def expire(call: Call, id: str) -> None:
    """The bank lets go of a charge that is still not captured, and the payment is canceled."""
    charge = call.store.require("charge", id)
    if not CHARGE.allows("expire", charge):
        return
    expired = CHARGE.move("expire", charge, amount_refunded=charge["amount"], refunded=True)
    call.store.put(expired)
    call.events.emit("charge.expired", expired)
    reviews.settle(call, expired, "canceled")
    if charge["payment_intent"] is None:
        return
    intent = call.store.require("payment_intent", charge["payment_intent"])
    canceled = PAYMENT_INTENT.move(
        "expire",
        intent,
        amount_capturable=0,
        canceled_at=call.clock.now(),
        cancellation_reason="automatic",
        status="canceled",
    )
    intents.moved(call, canceled, "canceled")
