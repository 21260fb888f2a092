"""Search: objects that a query describes.  https://docs.stripe.com/search

email:"jenny@example.com" AND metadata["order_id"]:"42"
-status:"succeeded" amount>1000
"""

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local_stripe.call import Call
from local_stripe.errors import StripeError
from local_stripe.listing import page_size
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
_MOST_CLAUSES = 10

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<glue>AND|OR)(?=\s)
      | (?P<not>-)?(?P<field>[\w.]+)(?:\[\s*(?P<key>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\s*\])?
        \s*(?P<operator>>=|<=|[:~<>])\s*
        (?P<value>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^\s"']+)
    )""",
    re.VERBOSE | re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition of a query, such as `-status:"succeeded"`."""

    field: str
    key: str | None  # of metadata
    operator: str
    value: str | None  # None: any
    negated: bool


def search(call: Call, kind: str) -> Object:
    """The search result that answers the call: one page of matches, newest first."""
    matches = _test(call.params["query"], kind)
    table, limit = call.store.table(kind), page_size(call)
    places = [p for p in reversed(table.places()) if _is_found(table.row(p), matches)]
    end = _place(call.params.get("page"))
    rest = places if end is None else [place for place in places if place < end]
    result = {
        "object": "search_result",
        "data": [table.row(place) for place in rest[:limit]],
        "has_more": len(rest) > limit,
        "next_page": _cursor(rest[limit - 1]) if len(rest) > limit else None,
        "url": call.url,
    }
    if "total_count" in call.expand:
        result["total_count"] = len(places)
    return result


def parse(query: str) -> tuple[list[Clause], bool]:
    """The clauses of a query, and whether one of them is enough (OR).

    Raises StripeError for what is no query.
    """
    clauses: list[Clause] = []
    glue: set[str] = set()
    pending, place = False, 0
    query = query.strip()
    while place < len(query):
        token = _TOKEN.match(query, place)
        if token is None or (token["glue"] and (pending or not clauses)):
            raise _unreadable(query)
        place = token.end()
        if token["glue"]:
            glue.add(token["glue"])
            pending = True
            continue
        if clauses and not pending:
            glue.add("AND")
        clauses.append(_clause(token))
        pending = False
    if pending or not clauses:
        raise _unreadable(query)
    if len(glue) > 1:
        raise StripeError("You can't combine AND and OR in one search query.", param="query")
    if len(clauses) > _MOST_CLAUSES:
        raise StripeError(f"A search query may have {_MOST_CLAUSES} clauses.", param="query")
    return clauses, glue == {"OR"}


def _clause(token: re.Match[str]) -> Clause:
    value = None if token["value"] == "null" else _unquoted(token["value"])
    key = _unquoted(token["key"]) if token["key"] else None
    return Clause(token["field"], key, token["operator"], value, bool(token["not"]))


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if text[0] in "\"'" else text


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


def _unreadable(query: str) -> StripeError:
    return StripeError(
        f"We were unable to parse your search query: {query}. See https://stripe.com/docs/search",
        param="query",
    )
