"""`listen()` and `deliver()`: Stripe's webhooks on their way to an app of the notebook, portless.

    app = shop()
    listen(app)     # Stripe shall deliver to /webhooks/stripe; the app knows the signing secret
    …               # pay for something
    deliver()       # now it does; the answer of the app is shown

Nothing is delivered before a cell says so, with one exception: what a browser did is delivered
when it has its answer, as a page that waits for a webhook would wait for ever.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from urllib.parse import quote, urlsplit

import stripe
from flask import Flask

from classroom.connection import connection
from classroom.site import record
from local_stripe import SECRET_KEY, LocalStripe
from local_stripe.attempts import Attempt
from local_stripe.courier import post
from local_stripe.transport import InProcess

WEBHOOKS = "/webhooks/stripe"  # where the shop takes them
HOST = ".localhost"  # after an app's name: nobody else's (RFC 6761)
BY_ITSELF = (
    "Your Stripe sandbox delivers by itself, to where Stripe's CLI forwards: "
    "stripe listen --forward-to, with the address of your shop. Put the secret that it prints "
    "into STRIPE_WEBHOOK_SECRET and restart the kernel."
)


@dataclass(frozen=True)
class Endpoint:
    """Where webhooks come to: its id at Stripe, its path at the app, the `secret` that signs them.

    A sandbox keeps its ids to itself; a secret that nobody has set is None.
    """

    path: str
    secret: str | None
    id: str | None = None

    def __repr__(self) -> str:
        return f"<webhooks come to {self.path}>" if self.id else BY_ITSELF  # never the secret


@dataclass(frozen=True)
class Delivery:
    """One webhook that was sent: the event's type and id, and what came back.

    status: of HTTP; 0 if there was no answer
    answer: its text
    attempt: which of the tries that Stripe makes by itself; a resend is the last one's
    to: the name of the app
    fault: what struck it, of those that `local().webhooks.inject` knows
    """

    type: str
    event: str
    status: int
    answer: str
    attempt: int
    to: str
    resent: bool
    fault: str | None


@dataclass(frozen=True)
class Deliveries:
    """What `deliver` did, in order. A cell that ends with it shows it."""

    made: tuple[Delivery, ...] = ()
    nothing: str = "Nothing is due."

    def __iter__(self) -> Iterator[Delivery]:
        return iter(self.made)

    def __len__(self) -> int:
        return len(self.made)

    def __getitem__(self, index: int) -> Delivery:
        return self.made[index]

    def __repr__(self) -> str:
        if not self.made:
            return self.nothing
        rows = list(map(_row, self.made))
        if len({delivery.to for delivery in self.made}) == 1:
            rows = [row[1:] for row in rows]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


class Listeners:
    """The apps that a local Stripe delivers to, by the address that it knows them by."""

    def __init__(self, local: LocalStripe) -> None:
        self._local = local
        # Not recorded: what the classroom arranges is no part of the lesson.
        self._client = stripe.StripeClient(SECRET_KEY, http_client=InProcess(local))
        self._apps: dict[str, Flask] = {}
        self._endpoints: dict[str, Endpoint] = {}

    def add(self, app: Flask, path: str) -> Endpoint:
        """Deliver to this app from now on; to another at the same address no more.

        The app finds the secret in its config, by the name that a lesson's app reads and the
        shop's own.
        """
        url = f"http://{quote(app.name)}{HOST}{path}"
        if url in self._endpoints:
            with suppress(stripe.InvalidRequestError):  # somebody has deleted it
                self._client.v1.webhook_endpoints.delete(str(self._endpoints[url].id))
        created = self._client.v1.webhook_endpoints.create({"url": url, "enabled_events": ["*"]})
        app.config.update(
            STRIPE_WEBHOOK_SECRET=created.secret, STRIPE_WEBHOOK_SECRETS=(created.secret,)
        )
        self._apps[url] = app
        self._endpoints[url] = Endpoint(path, created.secret, created.id)
        return self._endpoints[url]

    def deliver(self) -> Deliveries:
        """Try each delivery that is due, once."""
        return Deliveries(tuple(map(self._told, self._local.deliver(self._send))))

    def _send(self, url: str, headers: dict[str, str], body: bytes) -> tuple[int, str]:
        """To an app of this notebook; any other address is a server's, on this machine."""
        if url not in self._apps:
            return post(url, headers, body)
        client, path = self._apps[url].test_client(), urlsplit(url).path
        # Buffered, it returns when the app has done what it does after its answer, too.
        answer = client.post(path, data=body, headers=headers, buffered=True)
        return answer.status_code, answer.text

    def _told(self, attempt: Attempt) -> Delivery:
        event = self._local.store.require("event", attempt.event)
        return Delivery(
            type=event["type"],
            event=attempt.event,
            status=attempt.status,
            answer=attempt.body,
            attempt=attempt.number,
            to=(urlsplit(attempt.url).hostname or "").removesuffix(HOST),
            resent=attempt.manual,
            fault=attempt.fault,
        )


def listen(app: Flask, path: str = WEBHOOKS) -> Endpoint:
    """Have Stripe deliver every event to this path of an app, which need not be served.

    The app finds the signing secret in its config, as STRIPE_WEBHOOK_SECRET; the returned endpoint
    has it, too. As with `serve`, an app takes the place of the one before it of the same name,
    which gets nothing more. A sandbox delivers by itself, with the secret of the environment.
    """
    local = connection().local
    if local is None:
        app.config["STRIPE_WEBHOOK_SECRET"] = secret = os.environ.get("STRIPE_WEBHOOK_SECRET")
        return Endpoint(path, secret)
    record(app).after_browser = _listeners(local).deliver
    return _listeners(local).add(app, path)


def deliver() -> Deliveries:
    """Have the local Stripe deliver each webhook that is due, once, and see what was answered.

    What fails is due again later, as at Stripe: let time pass with `local().advance(60)`.
    """
    local = connection().local
    return _listeners(local).deliver() if local else Deliveries(nothing=BY_ITSELF)


@cache
def _listeners(local: LocalStripe) -> Listeners:
    return Listeners(local)


def _row(delivery: Delivery) -> tuple[str, ...]:
    """App, event, answer, and what is unusual."""
    notes = [
        f"attempt {delivery.attempt}" * (delivery.attempt > 1 and not delivery.resent),
        "resent" * delivery.resent,
        (delivery.fault or "").replace("_", " "),
    ]
    answer = str(delivery.status or "no answer")
    return delivery.to, delivery.type, answer, ", ".join(filter(None, notes))
