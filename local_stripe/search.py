"""Search: objects that a query describes.  https://docs.stripe.com/search

email:"jenny@example.com" AND metadata["order_id"]:"42"
-status:"succeeded" amount>1000
"""

import base64
import re
from collections.abc import Callable
from typing import Any

from local_stripe.call import Call
from local_stripe.errors import StripeError
from local_stripe.listing import page_size
from local_stripe.query import Clause, parse
from local_stripe.store import Object

Test = Callable[[Object], bool]

# What can be asked about: "text" takes : and ~, "token" takes :, "number" takes : and comparisons.
FIELDS: dict[str, dict[str, str]] = {
    "charge": {
        "amount": "number",
        "billing_details.address.postal_code": "token",
        "created": "number",
        "currency": "token",
        "customer": "token",
        "disputed": "token",
        "metadata": "token",
        "payment_method_details.card.brand": "token",
        "payment_method_details.card.exp_month": "token",
        "payment_method_details.card.exp_year": "token",
        "payment_method_details.card.fingerprint": "token",
        "payment_method_details.card.last4": "token",
        "refunded": "token",
        "status": "token",
    },
    "customer": {
        "created": "number",
        "email": "text",
        "metadata": "token",
        "name": "text",
        "phone": "text",
    },
    "payment_intent": {
        "amount": "number",
        "created": "number",
        "currency": "token",
        "customer": "token",
        "metadata": "token",
        "status": "token",
    },
    "price": {
        "active": "token",
        "currency": "token",
        "lookup_key": "token",
        "metadata": "token",
        "product": "token",
        "type": "token",
    },
    "product": {
        "active": "token",
        "description": "text",
        "metadata": "token",
        "name": "text",
        "shippable": "token",
        "url": "text",
    },
}
_OPERATORS = {"token": (":",), "text": (":", "~"), "number": (":", ">", "<", ">=", "<=")}
_SHORTEST_SUBSTRING = 3  # characters


def search(call: Call, kind: str) -> Object:
    """The search result that answers the call: one page of matches, newest first."""
    matches = _test(call.params["query"], kind)
    table, limit = call.store.table(kind), page_size(call)
    places = [p for p in reversed(table.places()) if _is_found(table.row(p), matches)]
    end = _place(call.params.get("page"))
    rest = places if end is None else [place for place in places if place < end]
    result: Object = {
        "object": "search_result",
        "data": [table.row(place) for place in rest[:limit]],
        "has_more": len(rest) > limit,
        "next_page": _cursor(rest[limit - 1]) if len(rest) > limit else None,
        "url": call.url,
    }
    if "total_count" in call.expand:
        result["total_count"] = len(places)
    return result


def _test(query: str, kind: str) -> Test:
    clauses, either = parse(query)
    tests = [_clause_test(clause, FIELDS[kind], kind) for clause in clauses]
    combine = any if either else all
    return lambda obj: combine(test(obj) for test in tests)


def _clause_test(clause: Clause, fields: dict[str, str], kind: str) -> Test:
    type = fields.get(clause.field)
    if type is None or (clause.field == "metadata") != (clause.key is not None):
        raise StripeError(
            f"Field `{clause.field}` is an unsupported search field for resource `{kind}s`. See "
            "https://stripe.com/docs/search#query-fields-for-"
            f"{kind.replace('_', '-')}s for a list of supported fields.",
            param="query",
        )
    if clause.operator not in _OPERATORS[type]:
        raise StripeError(
            f"Operator `{clause.operator}` is not supported for the field `{clause.field}`.",
            param="query",
        )
    matches = _value_test(clause, type)
    path = [*clause.field.split("."), *([clause.key] if clause.key is not None else [])]
    return lambda obj: matches(_at(obj, path)) != clause.negated


def _value_test(clause: Clause, type: str) -> Callable[[Any], bool]:
    wanted = clause.value
    if wanted is None:
        return lambda value: value is None or value == ""
    if type == "number":
        return _number_test(clause.operator, wanted)
    folded = wanted.casefold()
    if clause.operator == "~":
        if len(wanted) < _SHORTEST_SUBSTRING:
            raise StripeError(
                f"A substring must have at least {_SHORTEST_SUBSTRING} characters.", param="query"
            )
        return lambda value: value is not None and folded in str(value).casefold()
    return lambda value: value is not None and _text(value) == folded


def _number_test(operator: str, wanted: str) -> Callable[[Any], bool]:
    if not re.fullmatch(r"-?[0-9]{1,18}", wanted):
        raise StripeError(f"Invalid integer: {wanted}", param="query")
    compare, number = _COMPARISONS[operator], int(wanted)
    return lambda value: isinstance(value, int) and compare(value, number)


_COMPARISONS: dict[str, Callable[[int, int], bool]] = {
    ":": int.__eq__,
    ">": int.__gt__,
    "<": int.__lt__,
    ">=": int.__ge__,
    "<=": int.__le__,
}


def _text(value: Any) -> str:
    """A value as a query writes it: true, not True."""
    return str(value).casefold()


def _at(obj: Object, path: list[str]) -> Any:
    value: Any = obj
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _is_found(obj: Object, matches: Test) -> bool:
    return "deleted" not in obj and matches(obj)


def _cursor(place: int) -> str:
    """The place of a page's last object; opaque to the caller, as Stripe's is."""
    return base64.urlsafe_b64encode(str(place).encode()).decode()


def _place(cursor: str | None) -> int | None:
    try:
        return None if cursor is None else int(base64.urlsafe_b64decode(cursor))
    except ValueError:
        raise StripeError(f"Invalid page: {cursor}", param="page") from None
