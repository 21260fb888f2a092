"""Single values: strings as they were sent become what the SDK's types say, or are refused."""

import json
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from local_stripe import errors
from local_stripe.errors import StripeError

Check = Callable[[Any, str], Any]  # (the value as sent, the parameter's name) -> the typed value

LONGEST_TEXT = 5000  # characters
_MOST_DECIMALS = 12
_INTEGER = re.compile(r"-?[0-9]{1,18}")


def text(raw: Any, name: str) -> str | None:
    """A string; an empty one unsets."""
    return None if raw == "" else string(raw, name)


def string(raw: Any, name: str) -> str:
    """A string, empty or not. Raises StripeError for another, or one that is too long."""
    if isinstance(raw, str):
        if len(raw) > LONGEST_TEXT:
            shown = f"{raw[:50]}…; must be at most {LONGEST_TEXT} characters"
            raise errors.invalid("string", name, shown)
        return raw
    raise errors.invalid("string", name, _shown(raw))


def integer(raw: Any, name: str) -> int:
    """A whole number."""
    if isinstance(raw, str) and _INTEGER.fullmatch(raw):
        return int(raw)
    raise errors.invalid("integer", name, _shown(raw))


def boolean(raw: Any, name: str) -> bool:
    """`true` or `false`."""
    if raw in ("true", "false"):
        return bool(raw == "true")
    raise errors.invalid("boolean", name, _shown(raw))


def number(raw: Any, name: str) -> float:
    """A number with a fraction."""
    return float(decimal(raw, name))


def decimal(raw: Any, name: str) -> Decimal:
    """An exact number, of up to 12 decimal places."""
    try:
        value = Decimal(raw) if isinstance(raw, str) and len(raw) < 40 else Decimal("NaN")
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or value.adjusted() > 17:
        raise errors.invalid("decimal", name, _shown(raw))
    if value != round(value, _MOST_DECIMALS):
        limit = f"must contain at maximum {_MOST_DECIMALS} decimal places."
        raise errors.invalid("decimal", name, f"{raw}; {limit}")
    return value


SCALARS: dict[Any, Check] = {
    str: text,
    int: integer,
    bool: boolean,
    float: number,
    Decimal: decimal,
}


def one_of(values: list[str]) -> Check:
    """One of these values."""
    allowed = frozenset(values)

    def check(raw: Any, name: str) -> str:
        if isinstance(raw, str) and raw in allowed:
            return raw
        raise errors.not_one_of(name, values)

    return check


def either(first: Check, second: Check) -> Check:
    """What the first check takes, or else the second."""

    def check(raw: Any, name: str) -> Any:
        try:
            return first(raw, name)
        except StripeError:
            return second(raw, name)

    return check


def metadata(raw: Any, name: str) -> dict[str, str] | None:
    """Strings by key; https://docs.stripe.com/api/metadata has the limits."""
    if raw == "":
        return None
    if not isinstance(raw, dict):
        raise errors.invalid("object", name)
    for key, value in raw.items():
        if len(key) > 40:
            raise errors.metadata_too_long("keys", "key", 40, key)
        if len(string(value, f"{name}[{key}]")) > 500:
            raise errors.metadata_too_long("values", "value", 500, value)
    return raw


def _shown(raw: Any) -> str:
    """A refused value as Stripe repeats it, cut where it is longer than anybody reads."""
    text = raw if isinstance(raw, str) else json.dumps(raw, separators=(",", ":"))
    return text if len(text) <= 200 else text[:200] + "…"
