"""Lists, a page at a time.  https://docs.stripe.com/api/pagination"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

from local_stripe.call import Call
from local_stripe.errors import StripeError, no_such
from local_stripe.store import Object, Table

Condition = Callable[[Object], bool]

_DEFAULT_LIMIT, _SMALLEST, _LARGEST = 10, 1, 100


def page(call: Call, kind: str, where: Condition | None = None, **equals: Any) -> Object:
    """The list object that answers the call: one page of the objects that match, newest first.

    Takes `limit`, the cursors and `created` from the parameters; a `limit` out of range is moved
    into it. `equals` names fields and their values, `where` says what else must hold.
    Raises StripeError for an unknown cursor, or for two of them.
    """
    table, limit = call.store.table(kind), page_size(call)
    older, newer = (_cursor(call, table, kind, n) for n in ("starting_after", "ending_before"))
    require_one_cursor(older, newer)
    conditions = [_created(call.params["created"])] if "created" in call.params else []
    if where is not None:
        conditions.append(where)
    places = table.places(**equals)
    found = list(islice(_walk(table, places, older, newer, conditions), limit + 1))
    data = found[:limit]
    return {
        "object": "list",
        "data": data if newer is None else data[::-1],
        "has_more": len(found) > limit,
        "url": call.url,
    }


def require_one_cursor(older: int | None, newer: int | None) -> None:
    """Raises StripeError for a page that is to be both after one object and before another."""
    if older is not None and newer is not None:
        raise StripeError(
            "You may only specify one of these parameters: ending_before, starting_after.",
            param="ending_before",
        )


def page_of(call: Call, rows: list[Object]) -> Object:
    """The list object that answers the call: one page of what is in no table, in this order.

    Raises StripeError for an unknown cursor.
    """
    start, cursor = 0, call.params.get("starting_after")
    if cursor is not None:
        start = 1 + next((place for place, row in enumerate(rows) if row["id"] == cursor), -1)
        if start == 0:
            raise no_such("object", cursor, param="starting_after")
    end = start + page_size(call)
    return {
        "object": "list",
        "data": rows[start:end],
        "has_more": end < len(rows),
        "url": call.url,
    }


def page_size(call: Call) -> int:
    """How many objects the caller wants at once, 10 unless told, from 1 to 100."""
    limit = call.params.get("limit")
    return _DEFAULT_LIMIT if limit is None else max(_SMALLEST, min(limit, _LARGEST))


def _walk(
    table: Table,
    places: Sequence[int],
    older: int | None,
    newer: int | None,
    conditions: list[Condition],
) -> Iterator[Object]:
    """The matching objects in the direction of travel: toward the newest after `newer` only."""
    if newer is not None:
        steps = range(bisect_right(places, newer), len(places))
    else:
        end = len(places) if older is None else bisect_left(places, older)
        steps = range(end - 1, -1, -1)
    for step in steps:
        obj = table.row(places[step])
        if "deleted" not in obj and all(condition(obj) for condition in conditions):
            yield obj


def _cursor(call: Call, table: Table, kind: str, name: str) -> int | None:
    """The place of the object that a cursor names; that of a deleted one is still known."""
    id = call.params.get(name)
    if id is None:
        return None
    place = table.place(id)
    if place is None:
        raise no_such(kind, id, param=name)
    return place


def _created(wanted: int | dict[str, int]) -> Condition:
    """`created=…`, or `created[gte]=…` and its kin."""
    if isinstance(wanted, int):
        return lambda obj: bool(obj["created"] == wanted)
    tests = [(_COMPARISONS[name], value) for name, value in wanted.items()]
    return lambda obj: all(test(obj["created"], value) for test, value in tests)


_COMPARISONS: dict[str, Callable[[int, int], bool]] = {
    "gt": int.__gt__,
    "gte": int.__ge__,
    "lt": int.__lt__,
    "lte": int.__le__,
}
