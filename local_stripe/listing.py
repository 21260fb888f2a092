"""Lists, a page at a time.  https://docs.stripe.com/api/pagination"""

from collections.abc import Callable
from typing import Any

from local_stripe.call import Call
from local_stripe.store import Object


def page(
    call: Call, kind: str, where: Callable[[Object], bool] | None = None, **equals: Any
) -> dict[str, Any]:
    """The list object that answers the call: those objects of the kind that match, newest first."""
    limit = max(1, min(call.params.get("limit", 10), 100))
    found = [obj for obj in call.store.select(kind, **equals) if where is None or where(obj)]
    return {
        "object": "list",
        "data": found[:limit],
        "has_more": len(found) > limit,
        "url": call.url,
    }
