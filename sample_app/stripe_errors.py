"""What an error of Stripe's means for a customer, and for the log: one table.

Each class of the SDK's errors has its row, or shares that of the class it comes from.
https://docs.stripe.com/error-handling?lang=python
"""

import logging
from dataclasses import dataclass, replace

import stripe
from blinker import Signal

from sample_app import declines

logger = logging.getLogger("sample_app")  # the app's own, whose lines are redacted
logged = Signal("An error of Stripe's, which is the sender.")

_NO_ANSWER = "Our payment provider did not answer. Your order is kept: try again in a minute."
_OUR_FAULT = "The fault is ours. Your order is kept."
_UNSIGNED = "This is no event that Stripe signed just now."


@dataclass(frozen=True)
class Meaning:
    """What the shop makes of an error.

    status: what it answers, over HTTP
    message: what the customer reads
    level: of the line in the log: from WARNING on, a payment was not made that could have been;
        from ERROR on, it does not pass by itself; CRITICAL: nobody can pay
    retry: whether the same request may succeed in a minute
    """

    status: int
    message: str
    level: int
    retry: bool = False


MEANINGS: dict[type[stripe.StripeError], Meaning] = {
    # The bank's answer, not a failure: declines.py has the sentence for each code.
    stripe.CardError: Meaning(402, declines.UNSAID, logging.INFO),
    stripe.APIConnectionError: Meaning(503, _NO_ANSWER, logging.WARNING, retry=True),
    stripe.RateLimitError: Meaning(503, _NO_ANSWER, logging.WARNING, retry=True),
    stripe.APIError: Meaning(503, _NO_ANSWER, logging.WARNING, retry=True),
    stripe.InvalidRequestError: Meaning(500, _OUR_FAULT, logging.ERROR),
    stripe.IdempotencyError: Meaning(500, _OUR_FAULT, logging.ERROR),
    stripe.AuthenticationError: Meaning(500, _OUR_FAULT, logging.CRITICAL),
    stripe.PermissionError: Meaning(500, _OUR_FAULT, logging.CRITICAL),
    stripe.SignatureVerificationError: Meaning(400, _UNSIGNED, logging.WARNING),
    stripe.StripeError: Meaning(500, _OUR_FAULT, logging.ERROR),
}


def meaning_of(error: stripe.StripeError) -> Meaning:
    """Return the row of the error's class, or of the nearest class that it comes from."""
    meaning = next(MEANINGS[kind] for kind in type(error).__mro__ if kind in MEANINGS)
    if isinstance(error, stripe.CardError):
        return replace(meaning, message=declines.message_for(error.code, _decline_code(error)))
    return meaning


def log(error: stripe.StripeError, order_id: str | None) -> None:
    """Write what support needs to find the request at Stripe, and nothing of what was in it."""
    logger.log(
        meaning_of(error).level,
        "Stripe: %s, status %s, code %s, decline code %s, request %s, order %s",
        type(error).__name__, error.http_status, _code(error), _decline_code(error),
        error.request_id, order_id,
    )  # fmt: skip
    logged.send(error)


def _code(error: stripe.StripeError) -> str | None:
    """The SDK keeps the code of some classes in the body only."""
    return error.code or getattr(error.error, "code", None)


def _decline_code(error: stripe.StripeError) -> str | None:
    return getattr(error.error, "decline_code", None)
