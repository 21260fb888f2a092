"""The local Stripe: takes a request, gives a response, and remembers."""

import json
import threading
from collections import deque
from typing import Any

from local_stripe import auth, contract, forms, versions
from local_stripe.call import Call
from local_stripe.clock import Clock, Timekeeper
from local_stripe.errors import StripeError, unrecognized_url
from local_stripe.events import Events
from local_stripe.expand import expand
from local_stripe.ids import Ids
from local_stripe.messages import Exchange, Request, Response
from local_stripe.policies import Policies
from local_stripe.resources import ROUTES
from local_stripe.routing import Router
from local_stripe.store import Store

_ROUTER = Router(ROUTES)
_encode = json.JSONEncoder(ensure_ascii=False).encode


class LocalStripe:
    """An account of one's own, in test mode, with everything in memory."""

    def __init__(
        self,
        clock: Timekeeper | None = None,
        seed: int = 0,
        policies: Policies | None = None,
    ) -> None:
        self.clock = clock or Clock()
        self.ids = Ids(seed, self.clock)
        self.policies = policies or Policies()
        self.store = Store()
        self.events = Events(self)
        self.log: deque[Exchange] = deque(maxlen=1000)
        self._lock = threading.RLock()
        self._call: Call | None = None

    def handle(self, request: Request) -> Response:
        """Answer a request. Never raises: a failure is an error response."""
        with self._lock:
            request_id = self.ids.new("req")
            status, body = self._answer(request, request_id)
            headers = {"content-type": "application/json", "request-id": request_id}
            response = Response(status, headers, _encode(body).encode())
            self.log.append(Exchange(request_id, self.clock.now(), request, response))
            return response

    def advance(self, seconds: int) -> None:
        """Let time pass."""
        with self._lock:
            self.clock.advance(seconds)

    def current_request(self) -> dict[str, str | None]:
        """What an event says about the request that caused it."""
        call = self._call
        if call is None:
            return {"id": None, "idempotency_key": None}
        return {"id": call.request_id, "idempotency_key": call.idempotency_key}

    def _answer(self, request: Request, request_id: str) -> tuple[int, dict[str, Any]]:
        try:
            body = self._run(request, request_id)
        except StripeError as error:
            if error.keep:
                self.store.commit()
            else:
                self.store.rollback()
            return error.status, error.body(request_id)
        self.store.commit()
        return 200, body

    def _run(self, request: Request, request_id: str) -> dict[str, Any]:
        version = versions.requested(request.headers)
        found = _ROUTER.find(request.method, request.path)
        key = auth.authenticate(request.headers, publishable=bool(found and found[0].publishable))
        if found is None:
            raise unrecognized_url(request.method, request.path)
        route, ids = found
        raw = {**forms.decode(request.query), **forms.decode(request.body.decode())}
        params = contract.check_params(route.params, raw, older=versions.is_older(version))
        paths = params.pop("expand", [])
        call = self._call = Call(
            stripe=self,
            params=params,
            path=ids,
            url=request.path,
            version=version,
            request_id=request_id,
            idempotency_key=request.headers.get("idempotency-key"),
            publishable=key == auth.PUBLISHABLE_KEY,
        )
        return expand(self.store, route.handler(call), paths)
