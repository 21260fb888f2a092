"""The local Stripe: takes a request, gives a response, and remembers."""

import json
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, NoReturn

from local_stripe import auth, client_secrets, contract, forms, ledger, mishaps, shapes, versions
from local_stripe.agenda import Agenda
from local_stripe.attempts import Attempt, Send
from local_stripe.call import Call
from local_stripe.clock import Clock, Present, Timekeeper
from local_stripe.errors import StripeError, not_implemented, unrecognized_url
from local_stripe.events import NO_REQUEST, Events
from local_stripe.expand import Expander
from local_stripe.faults import Faults
from local_stripe.idempotency import Answer, Answers
from local_stripe.ids import Ids
from local_stripe.listeners import Listeners
from local_stripe.messages import KEY, MAX_BODY, Exchange, Request, Response
from local_stripe.mishaps import Refusal
from local_stripe.policies import Policies
from local_stripe.resources import INCLUDES, ROUTES
from local_stripe.routing import Route, Router
from local_stripe.store import Store
from local_stripe.webhooks import RETRIES, Webhooks

_LOG_LENGTH = 100  # exchanges
_ONLOOKER = "req_dashboard"  # what the dashboard asks uses up no id
_ROUTER = Router(ROUTES)
_encode = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode
_logger = logging.getLogger(__name__)


class LocalStripe:
    """An account of one's own, in test mode, with everything in memory.

    clock: what time it is; stands still by default
    seed: other seeds give other ids
    policies: the account's switches
    retries: seconds from one attempt to deliver a webhook to the next
    log: the latest requests and their answers
    agenda: what will happen by itself
    faults: what shall go wrong with the next calls
    origin: where browsers find its pages; a server that starts says so
    """

    def __init__(
        self,
        clock: Timekeeper | None = None,
        seed: int = 0,
        policies: Policies | None = None,
        retries: tuple[int, ...] = RETRIES,
    ) -> None:
        self.clock = Present(clock or Clock())
        self.ids = Ids(seed, self.clock)
        self.policies = policies or Policies()
        self.store = Store()
        self.log: deque[Exchange] = deque(maxlen=_LOG_LENGTH)
        self.agenda = Agenda()
        self.origin = shapes.NOWHERE
        self._lock = threading.RLock()
        self.faults = Faults(self._lock)
        self.webhooks = Webhooks(self.store, self.ids, self.clock, self._lock, retries)
        self.listeners = Listeners(
            self.store, self.ids, self.clock, self._lock, self.webhooks, seed
        )
        self.events = Events(self.store, self.ids, self.clock, self.webhooks, self.listeners)
        self._answers = Answers()
        self._expander = Expander(self.store, INCLUDES)

    def handle(self, request: Request) -> Response:
        """Answer a request. Never raises: a failure is an error response."""
        with self._lock:
            fault = self.faults.next(request)
            if fault is None:
                return self._respond(request)
            if lost := mishaps.on_the_way(fault):
                return lost
            response = self._respond(request, mishaps.refusal(fault, request))
            return mishaps.on_the_way_back(fault, response)

    def _respond(self, request: Request, refusal: Refusal | None = None) -> Response:
        """What Stripe says to a request that gets there; with a refusal, this one."""
        request_id = _ONLOOKER if request.looks_on else self.ids.new("req")
        headers = {"content-type": "application/json", "request-id": request_id}
        try:
            self._catch_up()
            if refusal is not None:
                self._refuse(refusal, request, request_id, headers)
            answer = self._answer(request, request_id, headers)
            status, body = answer.status, _encode(answer.body)
        except StripeError as error:
            status, body = error.status, _encode(error.body(request_id))
        except Exception:  # a bug: what a client sees of one is a 500
            _logger.exception("%s %s", request.method, request.path)
            status, body = 500, _encode(StripeError(_BUG, type="api_error").body(request_id))
        response = Response(status, headers, body.encode(errors="replace"))
        if not request.looks_on:
            self._note(Exchange(request_id, self.clock.now(), request, response))
        return response

    def _note(self, exchange: Exchange) -> None:
        self.log.append(exchange)
        self.listeners.overhear(exchange)

    def advance(self, seconds: int) -> None:
        """Let time pass, and happen what is due by then."""
        with self._lock:
            self.clock.advance(seconds)
            self._catch_up()

    def due(self) -> list[str]:
        """The ids of the webhook endpoints for which something is due."""
        with self._lock:
            self._catch_up()
            return self.webhooks.due()

    def deliver(
        self,
        send: Send,
        wall_clock: Callable[[], float] = time.time,
        endpoint: str | None = None,
    ) -> list[Attempt]:
        """Try each webhook delivery that is due, once: `send(url, headers, body)`.

        With `endpoint`, an id, only those to that one. The signatures carry the time of the wall
        clock, as who verifies them looks at theirs.
        """
        with self._lock:
            self._catch_up()
        return self.webhooks.deliver(send, wall_clock, endpoint)

    def _catch_up(self) -> None:
        """Do what is due by now, each at its time: entirely or, if it raises, not at all."""
        while entry := self.agenda.take(self.clock.now()):
            keep = False
            try:
                with self.clock.back_at(entry.due):
                    entry.action(self._call_of_nobody(), entry.id)
                keep = True
            except StripeError as refusal:  # not one of the request that is being answered
                raise RuntimeError(f"{entry} was refused") from refusal
            finally:
                self._end(keep)

    def _call_of_nobody(self) -> Call:
        """What an action of the agenda gets: no request asked for it."""
        return Call(
            stripe=self,
            params={},
            expand=[],
            path={},
            url="",
            version=versions.CURRENT,
            request_id="",
            idempotency_key=None,
            publishable=False,
        )

    def _answer(self, request: Request, request_id: str, headers: dict[str, str]) -> Answer:
        """Find out what is asked, and do it once. Raises StripeError for a bad request."""
        version = headers["stripe-version"] = versions.requested(request.headers)
        route, path, key = _admit(request)
        once = request.headers.get(KEY) if request.method == "POST" else None
        if once:
            headers[KEY] = once
            if kept := self._answers.recall(once, request, self.clock.now()):
                headers["original-request"] = kept.request_id
                headers["idempotent-replayed"] = "true"
                return kept
        params = _parameters(route, request, version)
        call = Call(
            stripe=self,
            expand=params.pop("expand", []),
            params=params,
            path=path,
            url=request.path,
            version=version,
            request_id=request_id,
            idempotency_key=once,
            publishable=key == auth.PUBLISHABLE_KEY,
        )
        client_secrets.require_narrow(call)
        answer = self._perform(route, call)
        if once:
            headers["original-request"] = request_id
            self._answers.keep(once, request, answer, self.clock.now())
        return answer

    def _refuse(
        self, refusal: Refusal, request: Request, request_id: str, headers: dict[str, str]
    ) -> NoReturn:
        """Raise it; one that Stripe repeats is kept, unless the key has an answer already."""
        headers |= refusal.headers
        error, now = refusal.error, self.clock.now()
        if once := refusal.kept_under:
            headers[KEY] = once
            if self._answers.recall(once, request, now) is None:
                answer = Answer(error.status, error.body(request_id), request_id)
                self._answers.keep(once, request, answer, now)
        raise error

    def _perform(self, route: Route, call: Call) -> Answer:
        """Let the handler act: entirely or, if it raises, not at all."""
        self.events.request = {"id": call.request_id, "idempotency_key": call.idempotency_key}
        ledger.arrive(self.store, self.clock.now())
        self.store.commit()
        keep = False
        try:
            body = self._expander.expand(route.handler(call), call.expand)
            keep = True
            return Answer(200, body, call.request_id)
        except StripeError as error:
            keep = error.keep
            return Answer(error.status, error.body(call.request_id), call.request_id)
        finally:
            self.events.request = NO_REQUEST
            self._end(keep)

    def _end(self, keep: bool) -> None:
        """Keep what was changed, announced and put on the agenda, or undo it."""
        for part in (self.store, self.webhooks, self.listeners, self.agenda):
            if keep:
                part.commit()
            else:
                part.rollback()


def _admit(request: Request) -> tuple[Route, dict[str, str], str]:
    """The endpoint, the ids in the path and the key, which opens that endpoint."""
    route, path = _ROUTER.find(request.method, request.path) or (None, {})
    key = auth.authenticate(
        request.headers,
        publishable=route is not None and route.publishable,
        reads=request.method == "GET",
    )
    if route is not None:
        return route, path, key
    if contract.is_endpoint(request.method, request.path):
        raise not_implemented(f"{request.method} {request.path}")
    raise unrecognized_url(request.method, request.path)


def _parameters(route: Route, request: Request, version: str) -> dict[str, Any]:
    """The request's parameters, from its query and its body, checked."""
    if len(request.body) > MAX_BODY:
        raise StripeError(f"The request is larger than {MAX_BODY} bytes.", status=413)
    if request.body and "form-urlencoded" not in request.headers.get("content-type", _FORM):
        raise StripeError(
            "Invalid request (check that your POST content type is "
            f"{_FORM}). If you have any questions, we can help at https://support.stripe.com/."
        )
    for header in ("stripe-account", "stripe-context"):
        if header in request.headers:
            raise not_implemented(f"the header {header}")
    raw = forms.decode(request.query)
    if request.body:
        raw |= forms.decode_bytes(request.body)
    return contract.check_params(route.params, raw, older=versions.is_older(version))


_FORM = "application/x-www-form-urlencoded"
_BUG = "An error occurred in the local Stripe. That is a bug in it; its log says more."
