"""Idempotency keys: the same request again gets the first answer, and does nothing.

https://docs.stripe.com/api/idempotent_requests
"""

from dataclasses import dataclass
from typing import Any

from local_stripe.auth import key_of
from local_stripe.errors import StripeError
from local_stripe.forms import decode_bytes
from local_stripe.messages import Request

KEPT = 24 * 60 * 60  # seconds that an answer is kept
LONGEST_KEY = 255  # characters


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request was answered, and the id of that request."""

    status: int
    body: dict[str, Any]
    request_id: str


@dataclass(frozen=True, slots=True)
class _Kept:
    path: str
    query: str
    body: bytes
    answer: Answer
    until: int  # seconds since 1970


class Answers:
    """The answers of an account, by API key and idempotency key.

    So a page that repeats a server's request, with a publishable key, does not get its answer.
    """

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], _Kept] = {}

    def recall(self, key: str, request: Request, now: int) -> Answer | None:
        """The first answer under this key, or None.

        Raises StripeError if the key came with another request then.
        """
        if len(key) > LONGEST_KEY:
            raise StripeError(
                f"Idempotency keys may be at most {LONGEST_KEY} characters long.",
                type="idempotency_error",
            )
        kept = self._kept.get((key_of(request.headers), key))
        if kept is None or kept.until <= now:
            return None
        if kept.path != request.path:
            raise _other("for the same endpoint", f" ('{kept.path}')", key)
        if not _same_parameters(kept, request):
            raise _other("with the same parameters", "", key)
        return kept.answer

    def keep(self, key: str, request: Request, answer: Answer, now: int) -> None:
        """Remember the answer; those that are out of date are dropped on the way."""
        while self._kept:
            oldest = next(iter(self._kept))
            if self._kept[oldest].until > now:
                break
            del self._kept[oldest]
        kept = _Kept(request.path, request.query, request.body, answer, now + KEPT)
        self._kept[key_of(request.headers), key] = kept


def _same_parameters(kept: _Kept, request: Request) -> bool:
    """Whether the forms are equal, in whatever order they were written."""
    return kept.query == request.query and (
        kept.body == request.body or decode_bytes(kept.body) == decode_bytes(request.body)
    )


def _other(how: str, where: str, key: str) -> StripeError:
    return StripeError(
        f"Keys for idempotent requests can only be used {how} they were first used "
        f"{'for' if where else 'with'}{where}. Try using a key other than '{key}' if you meant to "
        "execute a different request.",
        type="idempotency_error",
    )
