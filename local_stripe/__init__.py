"""A stand-in for Stripe's API: a working fake that keeps everything in memory.

The core is a function from requests to responses: no socket, no thread, no wall clock.
Around it stand an in-process transport for the SDK (`local_stripe.transport`) and an
HTTP server (`python -m local_stripe serve`).
"""

from typing import TYPE_CHECKING, Any

from local_stripe.auth import PUBLISHABLE_KEY, RESTRICTED_KEY, SECRET_KEY
from local_stripe.clock import Clock, WallClock
from local_stripe.messages import Request, Response
from local_stripe.policies import Policies

if TYPE_CHECKING:
    from local_stripe.core import LocalStripe

__all__ = [
    "PUBLISHABLE_KEY",
    "RESTRICTED_KEY",
    "SECRET_KEY",
    "Clock",
    "LocalStripe",
    "Policies",
    "Request",
    "Response",
    "WallClock",
]


def __getattr__(name: str) -> Any:
    """Import the core, and the SDK with it, when it is first asked for (PEP 562).

    So a program can say, before, what the SDK shall do without.
    """
    if name == "LocalStripe":
        from local_stripe.core import LocalStripe

        return LocalStripe
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
