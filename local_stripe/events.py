"""Events: what happened, kept as it was then.  https://docs.stripe.com/api/events"""

from local_stripe.clock import Timekeeper
from local_stripe.ids import Ids
from local_stripe.listeners import Listeners
from local_stripe.store import Object, Store
from local_stripe.versions import CURRENT
from local_stripe.webhooks import Webhooks

NO_REQUEST: dict[str, str | None] = {"id": None, "idempotency_key": None}


class Events:
    """Records events, has webhooks queued for them, and Stripe's CLI told."""

    def __init__(
        self,
        store: Store,
        ids: Ids,
        clock: Timekeeper,
        webhooks: Webhooks,
        listeners: Listeners,
    ) -> None:
        self.request = NO_REQUEST  # what events say about the request that is being answered
        self._store = store
        self._ids = ids
        self._clock = clock
        self._webhooks = webhooks
        self._listeners = listeners

    def emit(self, type: str, obj: Object, previous: Object | None = None) -> Object:
        """Record that this happened to `obj`; `previous` has the old values of what changed."""
        data = {"object": obj}
        if previous is not None:
            data["previous_attributes"] = previous
        endpoints = self._webhooks.listening(type)
        event = {
            "id": self._ids.new("evt"),
            "object": "event",
            "api_version": CURRENT,
            "created": self._clock.now(),
            "data": data,
            "livemode": False,
            "pending_webhooks": len(endpoints) + self._listeners.count(),
            "request": self.request,
            "type": type,
        }
        self._webhooks.announce(event, endpoints)
        self._listeners.announce(event)
        return self._store.put(event)
