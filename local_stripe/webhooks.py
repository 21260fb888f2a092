"""Webhooks: events on their way to the endpoints that listen for them, signed.

The core never sends: `deliver` is handed a function that does. What fails is due again later.
https://docs.stripe.com/webhooks
"""

from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from itertools import islice

from local_stripe.attempts import HEADERS, Attempt, Send, body_of
from local_stripe.clock import Timekeeper
from local_stripe.deliveries import Delivery, Fault, Queue
from local_stripe.errors import StripeError
from local_stripe.ids import Ids
from local_stripe.signing import Secret, new_secret, rolled, sign
from local_stripe.store import Object, Store

_MINUTE, _HOUR = 60, 3600
RETRIES = (_MINUTE, 5 * _MINUTE, 30 * _MINUTE, 2 * _HOUR, 5 * _HOUR, 10 * _HOUR, *[12 * _HOUR] * 4)
"""Seconds from one attempt to the next: for about three days, ever slower."""

_KEPT = 1000  # attempts
_LOST = 0, "lost on the way"  # what a dropped delivery brings back
_NOT_THE_ENDPOINTS = "whsec_somebodyElses"  # what signs badly


class Webhooks:
    """The deliveries of an account: `attempts` made, others queued, `faults` waiting for them."""

    def __init__(
        self,
        store: Store,
        ids: Ids,
        clock: Timekeeper,
        lock: AbstractContextManager[object],
        retries: Sequence[int],
    ) -> None:
        self.attempts: deque[Attempt] = deque(maxlen=_KEPT)
        self._store = store
        self._ids = ids
        self._clock = clock
        self._lock = lock  # held to read and write, never while something is sent
        self._retries = retries
        self._announced: list[tuple[Object, str]] = []  # by the request that is being answered
        self._queue = Queue()
        self._pending: set[tuple[str, str]] = set()  # (event, endpoint) that is yet to succeed

    # What a person does in Stripe's dashboard

    def resend(self, event: str, endpoint: str) -> None:
        """Queue an event once more, by hand: the same event, whatever came of it before.

        Stripe's own tries go on beside it. Raises StripeError for an unknown id, and for an
        endpoint that is disabled.
        """
        with self._lock:
            found = self._store.require("event", event)
            if self._store.require("webhook_endpoint", endpoint)["status"] != "enabled":
                raise StripeError(f"The webhook endpoint {endpoint} is disabled.")
            made = (a.number for a in self.attempts if (a.event, a.endpoint) == (event, endpoint))
            self._queue.add(
                self._clock.now(),
                event,
                found["type"],
                endpoint,
                number=max(made, default=1),
                manual=True,
                retried=False,
            )

    def roll_secret(self, endpoint: str, grace: int = 0) -> str:
        """A new signing secret; the old one signs beside it for `grace` more seconds.

        Raises StripeError for an unknown endpoint, ValueError for a grace of more than a day.
        https://docs.stripe.com/webhooks#roll-endpoint-secrets
        """
        with self._lock:
            self._store.require("webhook_endpoint", endpoint)
            new, old = new_secret(self._ids), self._store.secret[endpoint]
            self._store.secret[endpoint] = rolled(old, new, self._clock.now(), grace)
            self._store.commit()
        return new

    # What goes wrong on the way, and what is on its way

    @property
    def faults(self) -> list[Fault]:
        """The faults that wait for a delivery; what is removed from the list waits no more."""
        return self._queue.faults

    def inject(self, kind: str, type: str = "*", seconds: int = 60) -> None:
        """Let a fault, one of `deliveries.FAULTS`, strike the next delivery of such an event.

        It waits for a delivery to an endpoint; Stripe's CLI is told of everything as it happens.
        type: of the event, as `payment_intent.*`; seconds: how long a delay is
        Raises ValueError for what is no fault.
        """
        fault = Fault(kind, type, seconds)
        with self._lock:
            self.faults.append(fault)

    def upcoming(self, most: int | None = None) -> list[Delivery]:
        """What is queued, retries too, in the order in which it is due: all, or the first."""
        with self._lock:
            return list(islice(self._queue.waiting(), most))

    def due(self) -> list[str]:
        """The ids of the endpoints for which something is due now."""
        return self._queue.due(self._clock.now())

    # What a request announces

    def listening(self, type: str) -> list[str]:
        """The endpoints that want events of this type."""
        return [
            endpoint["id"]
            for endpoint in self._store.select("webhook_endpoint", status="enabled")
            if type in endpoint["enabled_events"] or "*" in endpoint["enabled_events"]
        ]

    def announce(self, event: Object, endpoints: list[str]) -> None:
        """Deliver the event to these endpoints, if the request succeeds."""
        self._announced += [(event, endpoint) for endpoint in endpoints]

    def commit(self) -> None:
        """What was announced is queued."""
        for event, endpoint in self._announced:
            self._queue.add(event["created"], event["id"], event["type"], endpoint)
            self._pending.add((event["id"], endpoint))
        self._announced.clear()

    def rollback(self) -> None:
        """What was announced did not happen."""
        self._announced.clear()

    # Delivering

    def deliver(
        self, send: Send, wall_clock: Callable[[], float], endpoint: str | None = None
    ) -> list[Attempt]:
        """Try each delivery that is due, once; with `endpoint`, only those to that one.

        The signatures carry the time of `wall_clock`.
        """
        with self._lock:
            due = self._queue.take(self._clock.now(), endpoint)
        attempts = []
        while due:
            try:
                attempt = self._try(due[0], send, wall_clock)
            except BaseException:
                with self._lock:
                    for delivery in due:
                        self._queue.put(delivery)
                raise
            due.pop(0)
            if attempt is not None:
                attempts.append(attempt)
        return attempts

    def _try(
        self, delivery: Delivery, send: Send, wall_clock: Callable[[], float]
    ) -> Attempt | None:
        """None if the endpoint is gone, or listens no more."""
        with self._lock:
            event = self._store.require("event", delivery.event)
            endpoint = self._store.get("webhook_endpoint", delivery.endpoint)
            if endpoint is None or endpoint.get("status") != "enabled":
                self._settle(delivery)
                return None
            secrets = self._signing(delivery)
        body = body_of(event).encode()
        began = wall_clock()
        headers = {**HEADERS, "Stripe-Signature": sign(body, secrets, int(began))}
        lost = delivery.fault == "drop"
        status, answer = _LOST if lost else send(endpoint["url"], headers, body)
        with self._lock:
            attempt = Attempt(
                event=delivery.event,
                endpoint=delivery.endpoint,
                url=endpoint["url"],
                number=delivery.number,
                at=self._clock.now(),
                status=status,
                body=answer,
                duration=wall_clock() - began,
                manual=delivery.manual,
                fault=delivery.fault,
            )
            self._record(delivery, attempt)
        return attempt

    def _signing(self, delivery: Delivery) -> list[str]:
        """The secrets that sign a delivery: more than one while the endpoint's is rolled."""
        if delivery.fault == "bad_signature":
            return [_NOT_THE_ENDPOINTS]
        known: tuple[Secret, ...] = self._store.secret[delivery.endpoint]
        now = self._clock.now()
        return [secret.text for secret in known if secret.signs(now)]

    def _record(self, delivery: Delivery, attempt: Attempt) -> None:
        self.attempts.append(attempt)
        if attempt.succeeded:
            self._settle(delivery)
        elif delivery.retried and delivery.number <= len(self._retries):
            self._queue.add(
                attempt.at + self._retries[delivery.number - 1],
                delivery.event,
                delivery.type,
                delivery.endpoint,
                number=delivery.number + 1,
            )

    def _settle(self, delivery: Delivery) -> None:
        """One fewer is pending, unless it arrived before."""
        sent = delivery.event, delivery.endpoint
        if sent in self._pending:
            self._pending.remove(sent)
            settle(self._store, delivery.event)


def settle(store: Store, id: str) -> None:
    """Of the event's deliveries, one fewer is pending."""
    event = store.require("event", id)
    store.put({**event, "pending_webhooks": event["pending_webhooks"] - 1})
    store.commit()
