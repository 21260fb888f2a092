"""What listens on the way to Stripe, so that `timeline()` has something to draw.

Only what is named here is written down: no card number, token or secret can slip through.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import stripe

from classroom.traffic import BROWSER, NOTEBOOK, STRIPE, Arrow, Journal, Party
from local_stripe import SECRET_KEY, LocalStripe, Request, Response

# The parameters that are worth a reader's time, and safe to show.
TOLD = (
    "amount",
    "amount_to_capture",
    "currency",
    "customer",
    "payment_method",
    "payment_intent",
    "charge",
    "source",
    "card[token]",
    "confirm",
    "capture_method",
    "limit",
    "mode",
    "expected_amount",
    "outcome",
)

NO_ANSWER = "no answer"
VISITORS = {"Mozilla": BROWSER, "Stripe/": STRIPE}  # by their User-Agent

speaker: ContextVar[Party] = ContextVar("speaker", default=NOTEBOOK)


@contextmanager
def speaking_as(party: Party) -> Iterator[None]:
    """What is asked of Stripe within is asked by this party."""
    mark = speaker.set(party)
    try:
        yield
    finally:
        speaker.reset(mark)


class RecordingClient(stripe.HTTPClient):
    """A transport for the SDK that writes each call into a journal and lets another one make it."""

    name = "classroom"

    def __init__(self, inner: stripe.HTTPClient, journal: Journal) -> None:
        super().__init__()
        self.inner = inner
        self.journal = journal

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        caller = speaker.get()
        self.journal.note(Arrow(caller, STRIPE, asked(method, url, headers or {}, post_data)))
        try:
            body, status, answered = self.inner.request(method, url, headers, post_data)
        except stripe.APIConnectionError:
            self.journal.note(Arrow(STRIPE, caller, NO_ANSWER, answer=True))
            raise
        self.journal.note(Arrow(STRIPE, caller, told(status, body, answered), answer=True))
        return body, status, answered

    def close(self) -> None:
        self.inner.close()


class RecordingStripe(LocalStripe):
    """A local Stripe that also writes down what Stripe's pages and scripts ask in the browser."""

    def __init__(self, journal: Journal) -> None:
        super().__init__()
        self.journal = journal

    def handle(self, request: Request) -> Response:
        response = super().handle(request)
        if _is_customer(request):
            said = asked(request.method, request.path, request.headers, request.body)
            self.journal.note(Arrow(BROWSER, STRIPE, said))
            heard = told(response.status, response.body, response.headers)
            if response.fault and response.fault.unanswered:
                heard = NO_ANSWER
            self.journal.note(Arrow(STRIPE, BROWSER, heard, answer=True))
        return response


def party_of(agent: str) -> Party:
    """Who asks with this User-Agent."""
    return next((party for mark, party in VISITORS.items() if mark in agent), NOTEBOOK)


def _is_customer(request: Request) -> bool:
    """Whether a page asks for a customer: the dashboard, too, is a page, with the secret key."""
    secret = SECRET_KEY in request.headers.get("authorization", "")
    return party_of(request.headers.get("user-agent", "")) == BROWSER and not secret


def asked(method: str, url: str, headers: Mapping[str, str], post_data: Any) -> str:
    """A request to Stripe in one line: method, path, the parameters worth telling, the key."""
    parts = urlsplit(url)
    sent = post_data.decode() if isinstance(post_data, bytes) else post_data
    params = parse_qsl(parts.query) + parse_qsl(sent or "")
    chosen = [f"{name}={value}" for name, value in params if name in TOLD]
    key = {name.lower(): value for name, value in headers.items()}.get("idempotency-key")
    return " ".join([method.upper(), parts.path, *chosen, *([f"{{key {key}}}"] if key else [])])


def told(status: int, body: str | bytes, headers: Mapping[str, str]) -> str:
    """Stripe's answer in one line: status, which object, in which state, or which error."""
    try:
        answer = json.loads(body)
    except ValueError:
        return f"{status} (not JSON)"
    replayed = ["(replayed)"] if "idempotent-replayed" in {name.lower() for name in headers} else []
    return " ".join([str(status), *_gist(answer), *replayed])


def _gist(answer: Mapping[str, Any]) -> list[str]:
    match answer:
        case {"error": {"code": code, "decline_code": reason}} if code and reason:
            return [f"{code}: {reason}"]
        case {"error": {"code": str(code)}} | {"error": {"type": str(code)}}:
            return [code]
        case {"object": "list", "data": list(data)}:
            return [f"list of {len(data)}"]
        case {"id": str(name), "status": str(status), "payment_status": str(paid)}:
            return [name, status, paid]
        case {"id": str(name), "status": str(status)}:
            return [name, status]
        case {"id": str(name)} | {"object": str(name)}:
            return [name]
    return []
