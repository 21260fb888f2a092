"""What goes wrong with the next calls, as the dashboard and programs of any language move it.

Stripe has no such addresses: they begin with `/_local/`, and take the secret key as all others do.
"""

from typing import NotRequired, TypedDict

from local_stripe.call import Call
from local_stripe.errors import StripeError, no_such
from local_stripe.faults import FAULTS, Fault
from local_stripe.routing import Route
from local_stripe.store import Object


class LookParams(TypedDict):
    """Nothing."""


class FaultParams(TypedDict):
    """A fault, as `faults.Faults.inject` takes it."""

    kind: str
    path: NotRequired[str]
    method: NotRequired[str]
    times: NotRequired[int]
    share: NotRequired[float]
    seconds: NotRequired[float]
    seed: NotRequired[int]


def faults(call: Call) -> Object:
    """The faults that wait for a call, how often each kind `struck`, and the `kinds` there are."""
    known = call.stripe.faults
    waiting = [_shown(fault) for fault in known.waiting]
    return {
        "object": "local.api_faults",
        "kinds": FAULTS,
        "struck": dict(known.struck),
        "waiting": waiting,
    }


def inject(call: Call) -> Object:
    """Let a fault wait for the next calls that fit."""
    wanted = {name: value for name, value in call.params.items() if value is not None}
    if "kind" not in wanted:
        raise StripeError("Which fault?", param="kind")
    try:
        call.stripe.faults.inject(**wanted)
    except ValueError as error:
        raise StripeError(str(error)) from None
    return faults(call)


def withdraw(call: Call) -> Object:
    """Let a fault wait no more."""
    id = call.path["fault"]
    fault = next((each for each in call.stripe.faults.waiting if each.id == id), None)
    if fault is None:
        raise no_such("fault", id)
    call.stripe.faults.withdraw(fault)
    return faults(call)


def _shown(fault: Fault) -> Object:
    shown = ("id", "kind", "path", "method", "times", "share", "seconds", "seed", "struck")
    return {name: getattr(fault, name) for name in shown}


ROUTES = (
    Route("GET", "/_local/api_faults", faults, LookParams, "local.api_faults"),
    Route("POST", "/_local/api_faults", inject, FaultParams, "local.api_faults"),
    Route("DELETE", "/_local/api_faults/{fault}", withdraw, LookParams, "local.api_faults"),
)
