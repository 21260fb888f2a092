"""What listens at the shop's door, for `timeline()`: visitors, redirects, Stripe's webhooks."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect
from werkzeug.wsgi import ClosingIterator, get_content_length

from classroom.recording import party_of, speaking_as
from classroom.traffic import BROWSER, SHOP, STRIPE, Arrow, Journal, Party
from local_stripe.messages import MAX_BODY

# Pages that Stripe hosts, by what their path holds: a hub puts more before it.
STRIPE_PAGES = {"/c/pay/": "Checkout", "/3d_secure_2/": "3D Secure"}
EVENT_TYPE = re.compile(r"[a-z_]+(\.[a-z_]+)+")
VARIABLE = re.compile(r"<(?:[^<>:]+:)?([^<>]+)>")


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
        visitor = party_of(environ.get("HTTP_USER_AGENT", ""))
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
