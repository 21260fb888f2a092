"""What listens on both sides of the shop, so that `timeline()` has something to draw.

Only what is named here is written down: no card number, token or secret can slip through.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import stripe
from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect
from werkzeug.wsgi import ClosingIterator, get_content_length

from classroom.traffic import BROWSER, NOTEBOOK, SHOP, STRIPE, Arrow, Journal, Party
from local_stripe import SECRET_KEY, LocalStripe, Request, Response
from local_stripe.messages import MAX_BODY

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
# Pages that Stripe hosts, by how their path begins.
STRIPE_PAGES = {"/c/pay/": "Checkout", "/3d_secure_2/": "3D Secure"}

VISITORS = {"Mozilla": BROWSER, "Stripe/": STRIPE}  # by their User-Agent
EVENT_TYPE = re.compile(r"[a-z_]+(\.[a-z_]+)+")
VARIABLE = re.compile(r"<(?:[^<>:]+:)?([^<>]+)>")

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
            self.journal.note(Arrow(STRIPE, caller, "no answer", answer=True))
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
            self.journal.note(Arrow(STRIPE, BROWSER, heard, answer=True))
        return response


class RecordingShop:
    """WSGI middleware: what the shop is asked and answers, static files left out.

    after_browser: called when a browser has its answer
    """

    def __init__(self, app: Flask, journal: Journal) -> None:
        self.app = app
        self.inner: WSGIApplication = app.wsgi_app
        self.journal = journal
        self.after_browser: Callable[[], object] | None = None
        self._delivered: Counter[str] = Counter()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        asked_for = place(self.app, environ.get("PATH_INFO", "/"), method)
        if asked_for is None:
            return self.inner(environ, start_response)
        visitor = _visitor(environ.get("HTTP_USER_AGENT", ""))
        event = self._webhook(environ) if visitor == STRIPE else ""
        self.journal.note(Arrow(visitor, SHOP, f"{method} {asked_for}{event}"))

        def answer(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            target = urlsplit(dict(headers).get("Location", "")).path
            path = target.removeprefix(environ.get("SCRIPT_NAME", ""))
            name = stripe_page(path) or place(self.app, path) or "a file"
            goes = f" to {name}" if path else ""
            self.journal.note(Arrow(SHOP, visitor, status.split()[0] + goes, answer=True))
            return start_response(status, headers, *more)

        with speaking_as(SHOP):
            body = self.inner(environ, answer)
        return ClosingIterator((part for part in body), partial(self._end, body, visitor))

    def _webhook(self, environ: WSGIEnvironment) -> str:
        """` payment_intent.succeeded`, and which delivery of it this is if not the first."""
        length = get_content_length(environ) or 0
        if length > MAX_BODY:
            return ""
        body = environ["wsgi.input"].read(length)
        environ["wsgi.input"] = BytesIO(body)
        try:
            event = json.loads(body)
            id, type = str(event["id"]), str(event["type"])
        except (ValueError, TypeError, KeyError):
            return ""
        self._delivered[id] += 1
        again = f" (delivery {self._delivered[id]})" if self._delivered[id] > 1 else ""
        return f" {type}{again}" if EVENT_TYPE.fullmatch(type) else ""

    def _end(self, body: Iterable[bytes], visitor: Party) -> None:
        """What is done after an answer is still the shop's doing."""
        with speaking_as(SHOP):
            getattr(body, "close", lambda: None)()
        if visitor == BROWSER and self.after_browser:
            self.after_browser()


def _visitor(agent: str) -> Party:
    return next((party for mark, party in VISITORS.items() if mark in agent), NOTEBOOK)


def _is_customer(request: Request) -> bool:
    """Whether a page asks for a customer: the dashboard, too, is a page, with the secret key."""
    secret = SECRET_KEY in request.headers.get("authorization", "")
    return _visitor(request.headers.get("user-agent", "")) == BROWSER and not secret


def place(app: Flask, path: str, method: str = "GET") -> str | None:
    """A path with its variable parts named, `/orders/{order_id}`; None for a static file."""
    try:
        rule, _ = app.url_map.bind("").match(path, method, return_rule=True)
    except RequestRedirect as moved:
        return urlsplit(moved.new_url).path
    except HTTPException:
        return None if path == "/favicon.ico" else path
    return None if rule.endpoint.endswith("static") else VARIABLE.sub(r"{\1}", rule.rule)


def stripe_page(path: str) -> str | None:
    """The name of a page that Stripe hosts, wherever its path is mounted; None for any other."""
    return next((name for start, name in STRIPE_PAGES.items() if start in path), None)


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
