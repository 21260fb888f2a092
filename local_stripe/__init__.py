"""A stand-in for Stripe's API: a working fake that keeps everything in memory.

The core is a function from requests to responses: no socket, no thread, no wall clock.
Around it stand an in-process transport for the SDK (`local_stripe.transport`) and an
HTTP server (`python -m local_stripe serve`).
"""

from local_stripe.auth import PUBLISHABLE_KEY, SECRET_KEY
from local_stripe.clock import Clock, WallClock
from local_stripe.core import LocalStripe
from local_stripe.messages import Request, Response
from local_stripe.policies import Policies

__all__ = [
    "PUBLISHABLE_KEY",
    "SECRET_KEY",
    "Clock",
    "LocalStripe",
    "Policies",
    "Request",
    "Response",
    "WallClock",
]
