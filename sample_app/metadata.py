"""What Stripe's objects are about: the shop notes its own ids in their metadata.

https://docs.stripe.com/metadata
"""

from typing import Any


def order_id(thing: Any) -> str:
    """Return the id of the order that it names; "" if it names none."""
    return _read(thing, "order_id")


def refund_id(thing: Any) -> str:
    """Return the id of the shop's own refund that it names; "" if it names none."""
    return _read(thing, "refund_id")


def _read(thing: Any, key: str) -> str:
    notes = getattr(thing, "metadata", None)  # not everything that moves money has some
    return notes.to_dict().get(key, "") if notes else ""
