"""How fast and how large the local Stripe is over HTTP, beside `localstripe` from the registry."""

import http.client
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from urllib.parse import urlencode

import psutil

from bench.listening import free_port, wait_until_it_listens
from bench.timing import seconds_each
from local_stripe import SECRET_KEY

CARD = {
    "type": "card",
    "card[number]": "4242424242424242",
    "card[exp_month]": "12",
    "card[exp_year]": "2034",
    "card[cvc]": "123",
}
PAYMENT = {
    "amount": "2000",
    "currency": "usd",
    "payment_method_types[]": "card",
    "confirm": "true",
}
HEADERS = {
    "Authorization": f"Bearer {SECRET_KEY}",
    "Content-Type": "application/x-www-form-urlencoded",
}


@dataclass(frozen=True, slots=True)
class BesideLocalstripe:
    """Ratios: how many times as many calls a second, and how many times the resident memory."""

    payments: float
    reads: float
    memory: float


def beside_localstripe() -> BesideLocalstripe:
    """The same calls to both, in turns; memory is looked at when they have been made."""
    with ExitStack() as stack:
        our_port, ours = stack.enter_context(_serving("local_stripe", "serve", "--allow-raw-cards"))
        their_port, theirs = stack.enter_context(_serving("localstripe", "--from-scratch"))
        us = stack.enter_context(closing(Client(our_port)))
        them = stack.enter_context(closing(Client(their_port)))
        payments = seconds_each({"us": us.pay, "them": them.pay}, calls=20, rounds=9)
        reads = seconds_each({"us": us.look, "them": them.look}, calls=100, rounds=9)
        memory = ours.memory_info().rss / theirs.memory_info().rss
    return BesideLocalstripe(
        payments=payments["them"] / payments["us"],
        reads=reads["them"] / reads["us"],
        memory=memory,
    )


class Client:
    """A shop's backend on one connection that stays open."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        self._customer = self._call("POST", "customers", email="jenny@example.com")

    def pay(self) -> None:
        """A customer signs up, gives a card and pays: three calls."""
        customer = self._call("POST", "customers", email="jenny@example.com")
        card = self._call("POST", "payment_methods", **CARD)
        self._call("POST", "payment_intents", customer=customer, payment_method=card, **PAYMENT)

    def look(self) -> None:
        """One customer is read."""
        self._call("GET", f"customers/{self._customer}")

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def _call(self, method: str, path: str, **form: str) -> str:
        self._connection.request(method, f"/v1/{path}", urlencode(form), HEADERS)
        answer = self._connection.getresponse()
        body = json.loads(answer.read())
        if answer.status != 200:
            raise RuntimeError(f"{method} {path}: {answer.status} {body}")
        return str(body["id"])


@contextmanager
def _serving(*command: str) -> Iterator[tuple[int, psutil.Process]]:
    """`python -m command… --port …` as long as it is needed: its port and its process."""
    port = free_port()
    server = subprocess.Popen(  # noqa: S603 - our own arguments
        [sys.executable, "-m", *command, "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until_it_listens(port)
        yield port, psutil.Process(server.pid)
    finally:
        server.terminate()
        server.wait()
