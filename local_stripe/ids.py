"""Ids that look like Stripe's and come out the same on every run."""

import random
import string
from functools import cache, lru_cache

from local_stripe.clock import Timekeeper

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_LONG = {  # 24 characters; other prefixes have 14
    *("card", "ch", "ctoken", "du", "evt", "issfr", "li", "payatt", "pi", "pm", "pmc", "price"),
    *("promo", "prv", "py", "re", "seti", "setatt", "src", "tok", "txn", "txr", "we"),
}
_LEADING_DIGIT = {"pi": "3", "ch": "3", "py": "3", "re": "3", "txn": "3"}
_STRIDE = 7**91  # 255 bits, coprime to the alphabets' lengths: no text comes twice


class Ids:
    """A source of ids. The n-th id depends on the seed, n and, for long ids, the clock."""

    def __init__(self, seed: int, clock: Timekeeper) -> None:
        source = random.Random(seed)  # noqa: S311 - reproducible on purpose; guards nothing
        self._clock = clock
        self._next = source.getrandbits(256)
        self._account = "".join(source.choices(ALPHABET, k=10))

    def new(self, prefix: str, *, sibling: str | None = None) -> str:
        """A fresh id: `cus_` and 14 characters, or `pi_` and 24.

        A charge, its refunds and its balance transactions begin with the same 17 characters as
        their intent: name that one as `sibling`.
        """
        if prefix not in _LONG:
            return f"{prefix}_{self.text(14)}"
        if sibling is not None:
            return f"{prefix}_{sibling.partition('_')[2][:17]}{self.text(7)}"
        lead = _LEADING_DIGIT.get(prefix, "1")
        return f"{prefix}_{lead}{_stamp(self._clock.now())}{self._account}{self.text(8)}"

    def secret(self, owner: str, length: int) -> str:
        """A client secret, such as `pi_…_secret_…`, with `length` characters at its end."""
        return f"{owner}_secret_{self.text(length)}"

    def text(self, length: int, alphabet: str = ALPHABET) -> str:
        """The next `length` characters; no two calls of one length (8 or more) give the same."""
        self._next += _STRIDE
        return _digits(self._next, length, alphabet)


def _digits(number: int, length: int, alphabet: str = ALPHABET) -> str:
    """The last `length` digits of the number, with the alphabet's letters as digits."""
    pairs = _pairs(alphabet)
    number %= len(pairs) ** ((length + 1) // 2)
    text = ""
    for _ in range(0, length, 2):
        number, pair = divmod(number, len(pairs))
        text = pairs[pair] + text
    return text[-length:]


@lru_cache
def _stamp(now: int) -> str:
    """The five characters that follow the time."""
    return _digits(now, 5)


@cache
def _pairs(alphabet: str) -> list[str]:
    """Two digits at a time take half the time."""
    return [first + second for first in alphabet for second in alphabet]
