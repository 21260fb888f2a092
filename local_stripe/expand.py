"""References, spelled out where the request asks.  https://docs.stripe.com/api/expanding_objects"""

from typing import Any

from local_stripe.store import Store


def expand(store: Store, body: dict[str, Any], paths: list[str]) -> dict[str, Any]:
    """The answer with the references at these paths replaced by their objects."""
    return body
