"""Stripe's CLI as it listens: to events (`stripe listen`) or to requests (`stripe logs tail`).

Each CLI has a session, and is told what happens as it happens. The core only hands the messages
over, to a function that carries them. Their form is that of https://github.com/stripe/stripe-cli
(pkg/websocket, pkg/logtailing).
"""

import hashlib
import json
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from local_stripe import request_log
from local_stripe.attempts import HEADERS, Attempt, body_of
from local_stripe.clock import Timekeeper
from local_stripe.ids import Ids
from local_stripe.messages import Exchange
from local_stripe.signing import sign
from local_stripe.store import Object, Store
from local_stripe.versions import CURRENT
from local_stripe.webhooks import Webhooks, settle

EVENTS, REQUESTS = "webhooks", "request_logs"  # what a CLI can hear of

Carry = Callable[[str], None]  # a message to the CLI, as JSON


@dataclass(eq=False, slots=True)
class Session:
    """One CLI that listens, or is about to.

    feature: what it hears of, EVENTS or REQUESTS
    filters: of requests, by name; see `request_log.FILTERS`
    carry: how a message reaches it, while it is connected
    unheard: the events that it has not acknowledged
    told: when an event was sent (seconds, of the wall clock), until the shop's answer comes back
    """

    id: str
    feature: str
    filters: dict[str, list[str]]
    carry: Carry | None = None
    unheard: set[str] = field(default_factory=set)
    told: dict[str, float] = field(default_factory=dict)


class Listeners:
    """The sessions of an account. `secret` signs what all of them are sent."""

    def __init__(
        self,
        store: Store,
        ids: Ids,
        clock: Timekeeper,
        lock: AbstractContextManager[object],
        webhooks: Webhooks,
        seed: int,
    ) -> None:
        # The same at every start, as the CLI's is: it stands in a shop's configuration.
        self.secret = f"whsec_{hashlib.sha256(f'stripe listen {seed}'.encode()).hexdigest()}"
        self._store = store
        self._ids = ids
        self._clock = clock
        self._lock = lock
        self._webhooks = webhooks
        self._sessions: dict[str, Session] = {}
        self._announced: list[Object] = []  # by the request that is being answered

    def open(self, feature: str, filters: dict[str, list[str]]) -> Session:
        """A session, to which a CLI may now connect."""
        id = self._ids.new("cliws")
        return self._sessions.setdefault(id, Session(id, feature, filters))

    def connect(self, id: str, carry: Carry) -> Session | None:
        """Send this session's messages that way from now on; None if there is no such session."""
        with self._lock:
            session = self._sessions.get(id)
            if session is not None:
                self._hang_up(session)
                session.carry = carry
            return session

    def disconnect(self, session: Session, carry: Carry) -> None:
        """Send nothing more that way; it may connect again, or has done so already.

        What it did not hear is pending no longer.
        """
        with self._lock:
            if session.carry is carry:
                self._hang_up(session)

    def count(self) -> int:
        """How many CLIs hear of events now."""
        return len(self._hearing(EVENTS))

    def announce(self, event: Object) -> None:
        """Tell of the event, if the request succeeds."""
        self._announced.append(event)

    def commit(self) -> None:
        """What was announced is told."""
        for event in self._announced:
            for session in self._hearing(EVENTS):
                session.unheard.add(event["id"])
                self._tell(session, event)
        self._announced.clear()

    def rollback(self) -> None:
        """What was announced did not happen."""
        self._announced.clear()

    def resend(self, event: Object) -> None:
        """Tell of an event once more."""
        for session in self._hearing(EVENTS):
            self._tell(session, event)

    def overhear(self, exchange: Exchange) -> None:
        """Tell of a request and its answer."""
        for session in self._hearing(REQUESTS):
            if session.carry and request_log.passes(exchange, session.filters):
                session.carry(json.dumps(request_log.message(exchange)))

    def hear(self, session: Session, text: str) -> None:
        """Take in what a CLI says. Raises ValueError for what none says."""
        with self._lock:
            match json.loads(text):
                case {"type": "event_ack", "event_id": str(event)}:
                    self._acknowledged(session, event)
                case {
                    "type": "webhook_response",
                    "notification_id": str(event),
                    "forward_url": str(url),
                    "status": int(status),
                    "body": str(body),
                } if event in session.told:
                    self._answered(session, event, url, status, body)
                case other:
                    raise ValueError(f"not what Stripe's CLI says: {other}")

    def _hang_up(self, session: Session) -> None:
        session.carry = None
        for event in session.unheard:
            settle(self._store, event)
        session.unheard.clear()

    def _hearing(self, feature: str) -> list[Session]:
        return [s for s in self._sessions.values() if s.carry and s.feature == feature]

    def _tell(self, session: Session, event: Object) -> None:
        """Send an event twice: for the account's API version, and for the latest (`--latest`).

        A CLI wants one of the two. Here they are the same.
        """
        body, session.told[event["id"]] = body_of(event), time.time()
        signature = sign(body.encode(), [self.secret], int(time.time()))
        for version in (None, CURRENT):
            message = {
                "type": "webhook_event",
                "endpoint": {"api_version": version},
                "event_payload": body,
                "http_headers": {**HEADERS, "Stripe-Signature": signature},
                "webhook_conversation_id": self._ids.new("wc"),
                "webhook_id": session.id,
            }
            if session.carry:
                session.carry(json.dumps(message))

    def _acknowledged(self, session: Session, event: str) -> None:
        if event in session.unheard:
            session.unheard.remove(event)
            settle(self._store, event)

    def _answered(self, session: Session, event: str, url: str, status: int, body: str) -> None:
        """The shop's answer, which the CLI forwards, is an attempt as any other."""
        self._webhooks.attempts.append(
            Attempt(
                event=event,
                endpoint=session.id,
                url=url,
                number=1,
                at=self._clock.now(),
                status=status,
                body=body,
                duration=time.time() - session.told.pop(event),
            )
        )
