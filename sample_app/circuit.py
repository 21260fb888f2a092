"""Nobody waits for a Stripe that does not answer: after some failures in a row, the shop says so.

Then the circuit is open, and customers are told at once to come back. After half a minute one of
them is let through; if Stripe answers, the circuit is closed again. Each process has a circuit.

Handlers of webhooks ask Stripe without it: nobody waits for them, and they are tried again anyway.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock

import stripe
from flask import Flask, current_app

FAILURES_IN_A_ROW = 5
SECONDS_OPEN = 30.0


class CircuitOpen(stripe.APIConnectionError):
    """Stripe was not asked: it did not answer those who asked before."""

    def __init__(self) -> None:
        super().__init__("Stripe was not asked: it did not answer lately.")


class Circuit:
    """Counts the failures in a row. `clock` tells seconds, and never goes back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures = 0
        self._next_try = 0.0
        self._lock = Lock()

    def enter(self) -> None:
        """Pass if Stripe may be asked. Raises `CircuitOpen`."""
        with self._lock:
            if not self.is_open:
                return
            if self._clock() < self._next_try:
                raise CircuitOpen
            self._wait()  # for whoever is let through now; if they never come back, for the next

    @property
    def is_open(self) -> bool:
        """Whether nobody, or only one, asks Stripe."""
        return self._failures >= FAILURES_IN_A_ROW

    def failed(self) -> None:
        """Stripe did not answer, or could not act."""
        with self._lock:
            self._failures += 1
            self._wait()

    def succeeded(self) -> None:
        """Stripe answered."""
        with self._lock:
            self._failures = 0

    def _wait(self) -> None:
        self._next_try = self._clock() + SECONDS_OPEN


def init_app(app: Flask) -> None:
    """Give the app its circuit, closed."""
    app.extensions["circuit"] = Circuit()


@contextmanager
def asking_stripe() -> Iterator[stripe.StripeClient]:
    """Lend the client to a request whose customer waits. Raises `CircuitOpen`."""
    circuit: Circuit = current_app.extensions["circuit"]
    circuit.enter()
    try:
        yield current_app.extensions["stripe"]
    except Exception as error:
        if _is_silence(error):
            circuit.failed()
        else:  # a declined card, say: Stripe is there
            circuit.succeeded()
        raise
    circuit.succeeded()


def _is_silence(error: Exception) -> bool:
    """Whether Stripe did not answer, or could not act; to be refused is an answer."""
    match error:
        case stripe.APIConnectionError():
            return True
        case stripe.APIError(http_status=int(status)):
            return status >= 500
        case _:
            return False
