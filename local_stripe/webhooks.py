"""Webhooks: events on their way to the endpoints that listen for them, signed.

The core never sends: `deliver` is handed a function that does. What fails is due again later.
https://docs.stripe.com/webhooks
"""

import hashlib
import hmac
import json
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count

from local_stripe.clock import Timekeeper
from local_stripe.store import Object, Store

# (address, headers, body) -> (status, body); status 0 if there was no answer
Send = Callable[[str, dict[str, str], bytes], tuple[int, str]]

_MINUTE, _HOUR = 60, 3600
RETRIES = (_MINUTE, 5 * _MINUTE, 30 * _MINUTE, 2 * _HOUR, 5 * _HOUR, 10 * _HOUR, *[12 * _HOUR] * 4)
"""Seconds from one attempt to the next: for about three days, ever slower."""

_KEPT = 1000  # attempts


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to deliver an event: when (seconds), what came back, how long it took (seconds)."""

    event: str
    endpoint: str
    url: str
    number: int
    at: int
    status: int
    body: str
    duration: float

    @property
    def succeeded(self) -> bool:
        """Any 2xx answer will do."""
        return 200 <= self.status < 300


@dataclass(order=True, slots=True)
class _Delivery:
    due: int
    turn: int  # of two that are due in the same second, the earlier one goes first
    event: str
    endpoint: str
    number: int = 1


class Webhooks:
    """The deliveries of an account: `attempts` made, others queued."""

    def __init__(
        self,
        store: Store,
        clock: Timekeeper,
        lock: AbstractContextManager[object],
        retries: Sequence[int],
    ) -> None:
        self.attempts: deque[Attempt] = deque(maxlen=_KEPT)
        self._store = store
        self._clock = clock
        self._lock = lock  # held to read and write, never while something is sent
        self._retries = retries
        self._announced: list[_Delivery] = []  # by the request that is being answered
        self._queue: list[_Delivery] = []
        self._turns = count()

    def listening(self, type: str) -> list[Object]:
        """The endpoints that want events of this type."""
        return [
            endpoint
            for endpoint in self._store.select("webhook_endpoint", status="enabled")
            if type in endpoint["enabled_events"] or "*" in endpoint["enabled_events"]
        ]

    def announce(self, event: Object, endpoints: list[Object]) -> None:
        """Deliver the event to these endpoints, if the request succeeds."""
        self._announced += [
            _Delivery(event["created"], next(self._turns), event["id"], endpoint["id"])
            for endpoint in endpoints
        ]

    def commit(self) -> None:
        """What was announced is queued."""
        for delivery in self._announced:
            heappush(self._queue, delivery)
        self._announced.clear()

    def rollback(self) -> None:
        """What was announced did not happen."""
        self._announced.clear()

    def deliver(self, send: Send, wall_clock: Callable[[], float]) -> list[Attempt]:
        """Try each delivery that is due, once. The signatures carry the time of `wall_clock`."""
        with self._lock:
            due = self._take_due()
        attempts = []
        while due:
            delivery = due[0]
            try:
                attempt = self._try(delivery, send, wall_clock)
            except BaseException:
                with self._lock:
                    self._put_back(due)
                raise
            due.pop(0)
            if attempt is not None:
                attempts.append(attempt)
        return attempts

    def _take_due(self) -> list[_Delivery]:
        due = []
        while self._queue and self._queue[0].due <= self._clock.now():
            due.append(heappop(self._queue))
        return due

    def _put_back(self, deliveries: list[_Delivery]) -> None:
        for delivery in deliveries:
            heappush(self._queue, delivery)

    def _try(
        self, delivery: _Delivery, send: Send, wall_clock: Callable[[], float]
    ) -> Attempt | None:
        """None if the endpoint is gone, or listens no more."""
        with self._lock:
            event = self._store.require("event", delivery.event)
            endpoint = self._store.get("webhook_endpoint", delivery.endpoint)
            if endpoint is None or endpoint.get("status") != "enabled":
                self._settle(delivery)
                return None
            secret = self._store.secret[endpoint["id"]]
        body = json.dumps(event).encode()
        began = wall_clock()
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
            "Stripe-Signature": sign(body, secret, int(began)),
        }
        status, answer = send(endpoint["url"], headers, body)
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
            )
            self._record(delivery, attempt)
        return attempt

    def _record(self, delivery: _Delivery, attempt: Attempt) -> None:
        self.attempts.append(attempt)
        if attempt.succeeded:
            self._settle(delivery)
        elif delivery.number <= len(self._retries):
            wait = self._retries[delivery.number - 1]
            again = _Delivery(
                attempt.at + wait,
                next(self._turns),
                delivery.event,
                delivery.endpoint,
                delivery.number + 1,
            )
            heappush(self._queue, again)

    def _settle(self, delivery: _Delivery) -> None:
        """One fewer is pending."""
        event = self._store.require("event", delivery.event)
        self._store.put({**event, "pending_webhooks": event["pending_webhooks"] - 1})
        self._store.commit()


def sign(body: bytes, secret: str, at: int) -> str:
    """The `Stripe-Signature` of a body: `t=…,v1=…`.

    https://docs.stripe.com/webhooks#verify-manually
    """
    signed = f"{at}.".encode() + body
    return f"t={at},v1={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"
