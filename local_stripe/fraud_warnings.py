"""Early fraud warnings: the bank reports a payment as fraud before anybody has disputed it.

https://docs.stripe.com/api/radar/early_fraud_warnings/object
"""

from local_stripe import updates
from local_stripe.call import Call
from local_stripe.store import Object

KIND = "radar.early_fraud_warning"


def warn(call: Call, charge: Object) -> None:
    """The bank reports this charge."""
    warning = call.store.put(
        {
            "id": call.ids.new("issfr"),
            "object": KIND,
            "actionable": True,
            "charge": charge["id"],
            "created": call.clock.now(),
            "fraud_type": "made_with_stolen_card",
            "livemode": False,
            "payment_intent": charge["payment_intent"],
        }
    )
    call.events.emit(f"{KIND}.created", warning)


def refunded(call: Call, charge: Object) -> None:
    """The whole charge went back: there is nothing left to do about its warning."""
    for warning in list(call.store.select(KIND, charge=charge["id"])):
        updates.record(call, f"{KIND}.updated", warning, {**warning, "actionable": False})
