"""What may go wrong with a call to the API, on demand: the faults there are, and whom they strike.

A shop has to survive every one of them: https://docs.stripe.com/error-low-level
"""

import random
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import count

from local_stripe.messages import KEY, Request

FAULTS = {
    "timeout": "it never gets to Stripe, and its caller waits in vain",
    "reset": "the connection breaks before it gets to Stripe",
    "bad_gateway": "a proxy on the way to Stripe answers 502, in HTML",
    "rate_limit": "429: too many requests a second",
    "lock_timeout": "429: another request is working on the same object; worth another try",
    "key_in_use": "409: a request with the same idempotency key is still going on",
    "server_error": "500: the same again for as long as Stripe keeps the idempotency key",
    "lost_response": "Stripe does as it was asked, and the connection breaks before it can say so",
    "malformed_json": "Stripe does as it was asked, and its answer ends half-way",
    "slow": "Stripe does as it was asked, and its answer takes its time",
}
"""Every fault, and what happens to the call that it strikes."""

_UNANSWERED = ("timeout", "reset", "lost_response")


@dataclass(eq=False, slots=True)
class Fault:
    """A fault that waits for the next calls of this method, on a path that matches.

    kind: one of FAULTS
    path, method: `*` stands for anything, as in `*/confirm`
    times: how many calls it strikes at most; None: it strikes until it is withdrawn
    share: of the calls that fit, how many it strikes, by a lot that `seed` draws
    seconds: how long a slow answer takes
    struck: how many calls it has struck
    """

    kind: str
    path: str = "*"
    method: str = "*"
    times: int | None = 1
    share: float = 1.0
    seconds: float = 5.0
    seed: int = 0
    id: str = ""
    struck: int = 0
    _lots: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.kind not in FAULTS:
            raise ValueError(f"{self.kind!r} is none of the faults: {', '.join(FAULTS)}")
        if self.times is not None and self.times < 1:
            raise ValueError("a fault strikes at least once")
        if not 0 < self.share <= 1:
            raise ValueError("the share of calls that are struck is above 0, and 1 at most")
        if self.seconds < 0:
            raise ValueError(f"an answer cannot come {-self.seconds} seconds early")
        self._lots = random.Random(self.seed)  # noqa: S311 - reproducible on purpose

    @property
    def unanswered(self) -> bool:
        """Whether the caller hears nothing."""
        return self.kind in _UNANSWERED

    @property
    def waits(self) -> bool:
        """Whether it will strike again."""
        return self.times is None or self.struck < self.times

    def draws(self, request: Request) -> bool:
        """Whether it strikes this call. Each call that fits draws a lot."""
        if self.kind == "key_in_use" and KEY not in request.headers:
            return False
        fits = fnmatchcase(request.path, self.path) and fnmatchcase(request.method, self.method)
        return fits and self._lots.random() < self.share


class Faults:
    """The faults of an account: `waiting`, the oldest first, and `struck`, how often by kind."""

    def __init__(self, lock: AbstractContextManager[object]) -> None:
        self.waiting: list[Fault] = []
        self.struck: dict[str, int] = {}
        self._lock = lock
        self._numbers = count(1)

    def inject(
        self,
        kind: str,
        path: str = "*",
        method: str = "*",
        *,
        times: int | None = None,
        share: float | None = None,
        seconds: float = 5.0,
        seed: int = 0,
    ) -> Fault:
        """Let a fault, one of FAULTS, strike the next call that fits; gives it, as it waits.

            local.faults.inject("lost_response", "*/confirm")
            local.faults.inject("rate_limit", "/v1/customers*", "GET", times=3)
            local.faults.inject("server_error", share=0.5)

        With `share`, it strikes that part of the calls, until it is withdrawn or has done so
        `times`. Calls of the dashboard are spared. Raises ValueError for what is no fault.
        """
        if times is None and share is None:
            times = 1
        whole = 1.0 if share is None else share
        with self._lock:
            number = f"fault_{next(self._numbers)}"
            fault = Fault(kind, path, method.upper(), times, whole, seconds, seed, number)
            self.waiting.append(fault)
        return fault

    def withdraw(self, fault: Fault) -> None:
        """Let it wait no more. Raises ValueError if it does not."""
        with self._lock:
            self.waiting.remove(fault)

    def clear(self) -> None:
        """Let nothing go wrong any more."""
        with self._lock:
            self.waiting.clear()

    def next(self, request: Request) -> Fault | None:
        """The oldest fault that strikes this call, if one does."""
        if not self.waiting or request.looks_on or request.path.startswith("/_local/"):
            return None
        fault = next((each for each in self.waiting if each.draws(request)), None)
        if fault is None:
            return None
        fault.struck += 1
        self.struck[fault.kind] = self.struck.get(fault.kind, 0) + 1
        if not fault.waits:
            self.waiting.remove(fault)
        return fault
