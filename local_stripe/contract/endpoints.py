"""Which addresses Stripe has, as far as the SDK knows: they stand in its services' source."""

import re
from functools import cache
from pathlib import Path

import stripe

_CALL = re.compile(r'"(get|post|delete)",\s+"(/v[12]/[^"]+)"')


def is_endpoint(method: str, path: str) -> bool:
    """Whether the SDK has a method for this address."""
    return any(pattern.fullmatch(path) for pattern in _patterns().get(method, ()))


@cache
def _patterns() -> dict[str, list[re.Pattern[str]]]:
    found: dict[str, set[str]] = {}
    for source in Path(stripe.__file__).parent.rglob("*_service.py"):
        for method, path in _CALL.findall(source.read_text(encoding="utf-8")):
            found.setdefault(method.upper(), set()).add(path)
    return {method: [_pattern(path) for path in sorted(paths)] for method, paths in found.items()}


def _pattern(path: str) -> re.Pattern[str]:
    """`/v1/coupons/{coupon}` with anything in the place of the id."""
    return re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path)))
