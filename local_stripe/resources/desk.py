"""What the dashboard can move: the clock, and what goes wrong with the next deliveries.

Stripe has no such addresses: they begin with `/_local/`, and take the secret key as all others do.
"""

from typing import NotRequired, TypedDict

from local_stripe.call import Call
from local_stripe.deliveries import FAULTS, Fault
from local_stripe.errors import StripeError
from local_stripe.routing import Route
from local_stripe.store import Object

_LONGEST = 366 * 24 * 3600  # seconds that anybody waits at once


class LookParams(TypedDict):
    """Nothing."""


class AdvanceParams(TypedDict):
    """How far the clock goes."""

    seconds: int


class FaultParams(TypedDict):
    """A fault, as `deliveries.Fault` has it."""

    kind: str
    type: NotRequired[str]
    seconds: NotRequired[int]


def clock(call: Call) -> Object:
    """What time it is, and `latest`, which differs as soon as anything has happened."""
    stripe = call.stripe
    events = call.store.table("event").places()
    attempts = stripe.webhooks.attempts
    latest = (
        stripe.log[-1].id if stripe.log else None,
        len(events),
        attempts[-1] if attempts else None,
        tuple(stripe.webhooks.faults),
        tuple(fault.id for fault in stripe.faults.waiting),
        tuple(stripe.faults.struck.items()),
    )
    return {"object": "local.clock", "now": call.clock.now(), "latest": f"{hash(latest):x}"}


def advance(call: Call) -> Object:
    """Let time pass; what is due by then happens before anybody looks again."""
    call.clock.advance(_seconds(call.params["seconds"]))
    return clock(call)


def faults(call: Call) -> Object:
    """The faults that wait for a delivery, and `kinds`: those there are."""
    waiting = [_fault(each) for each in call.stripe.webhooks.faults]
    return {"object": "local.faults", "kinds": FAULTS, "waiting": waiting}


def inject(call: Call) -> Object:
    """Let a fault wait for the next delivery of such an event."""
    fault = _asked(call)
    call.stripe.webhooks.inject(fault.kind, fault.type, fault.seconds)
    return faults(call)


def withdraw(call: Call) -> Object:
    """Let a fault wait no more."""
    waiting, fault = call.stripe.webhooks.faults, _asked(call)
    if fault not in waiting:
        raise StripeError("That fault waits no more.", status=404)
    waiting.remove(fault)
    return faults(call)


def _fault(fault: Fault) -> Object:
    return {"kind": fault.kind, "type": fault.type, "seconds": fault.seconds}


def _asked(call: Call) -> Fault:
    """The fault that the parameters describe."""
    wanted = {name: value for name, value in call.params.items() if value is not None}
    if "seconds" in wanted:
        wanted["seconds"] = _seconds(wanted["seconds"])
    try:
        return Fault(**wanted)
    except ValueError as error:
        raise StripeError(str(error), param="kind") from None


def _seconds(seconds: int) -> int:
    if not 0 <= seconds <= _LONGEST:
        raise StripeError(f"Time goes on by 0 to {_LONGEST} seconds.", param="seconds")
    return seconds


ROUTES = (
    Route("GET", "/_local/clock", clock, LookParams, "local.clock"),
    Route("POST", "/_local/clock/advance", advance, AdvanceParams, "local.clock"),
    Route("GET", "/_local/faults", faults, LookParams, "local.faults"),
    Route("POST", "/_local/faults", inject, FaultParams, "local.faults"),
    Route("DELETE", "/_local/faults", withdraw, FaultParams, "local.faults"),
)
