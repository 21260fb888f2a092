"""Events: what happened, kept as it was then.  https://docs.stripe.com/api/events"""

from typing import TYPE_CHECKING, Any

from local_stripe.versions import CURRENT

if TYPE_CHECKING:
    from local_stripe.core import LocalStripe


class Events:
    """Records events for the account."""

    def __init__(self, stripe: "LocalStripe") -> None:
        self._stripe = stripe

    def emit(
        self, type: str, obj: dict[str, Any], previous: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Record that this happened to `obj`; `previous` holds the old values of what changed."""
        stripe = self._stripe
        data = {"object": obj}
        if previous is not None:
            data["previous_attributes"] = previous
        return stripe.store.put(
            {
                "id": stripe.ids.new("evt"),
                "object": "event",
                "api_version": CURRENT,
                "created": stripe.clock.now(),
                "data": data,
                "livemode": False,
                "pending_webhooks": 0,
                "request": stripe.current_request(),
                "type": type,
            }
        )
