"""What a log may show of a request: no card number, no security code, no secret.

https://docs.stripe.com/security/guide#out-of-scope-card-data-safe-to-store
"""

import json
import re
from typing import Any
from urllib.parse import parse_qsl

_HIDDEN = "…"
_HIDDEN_NAMES = ("account_number", "cvc", "number")
_NO_CARD = ("network_transaction_id",)  # as long as a card's number
_SECRET = re.compile(r"((?:[sr]k_(?:test|live)|whsec|_secret)_)\w+")
_DIGITS = re.compile(r"\d(?:[ -]?\d){12,}")  # as many as the shortest card number has
_LAST = 4  # digits, which may be shown


def text(shown: str) -> str:
    """The text without what could be a card number, a secret key or a client secret."""
    return _DIGITS.sub(_last_digits, _SECRET.sub(rf"\1{_HIDDEN}", shown))


def form(encoded: str) -> dict[str, str]:
    """The names and values of a query string or body, as sent; of a name sent twice the later."""
    pairs = parse_qsl(encoded, keep_blank_values=True, errors="replace")
    return {text(name): _named(_innermost(name), value) for name, value in pairs}


def document(encoded: bytes) -> Any:
    """What a JSON document says; the text of one that is none."""
    try:
        return _value(json.loads(encoded), "")
    except ValueError:
        return text(encoded.decode(errors="replace"))


def _value(value: Any, name: str) -> Any:
    match value:
        case dict():
            return {text(key): _value(inner, key) for key, inner in value.items()}
        case list():
            return [_value(inner, name) for inner in value]
        case str() if name not in _NO_CARD:
            return _named(name, value)
    return value


def _named(name: str, value: str) -> str:
    return _HIDDEN if name in _HIDDEN_NAMES and value else text(value)


def _innermost(name: str) -> str:
    """`card[number]` is a number."""
    return name.rpartition("[")[2].rstrip("]")


def _last_digits(found: re.Match[str]) -> str:
    digits = "".join(filter(str.isdigit, found[0]))
    return f"{_HIDDEN}{digits[-_LAST:]}"
