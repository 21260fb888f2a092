"""Changes to an object, told as an event with the old values of what changed."""

from local_stripe.call import Call
from local_stripe.store import Object


def record(call: Call, event: str, before: Object, after: Object) -> Object:
    """Store the changed object and emit the event; nothing happens where nothing changed."""
    previous = previous_attributes(before, after)
    if not previous:
        return before
    call.store.put(after)
    call.events.emit(event, after, previous)
    return after


def previous_attributes(before: Object, after: Object) -> Object:
    """The old values of what changed; inside metadata key by key, None where the key is new."""
    previous = {key: before.get(key) for key in after if before.get(key) != after[key]}
    if "metadata" in previous:
        old, new = before["metadata"], after["metadata"]
        previous["metadata"] = {
            key: old.get(key) for key in {**old, **new} if old.get(key) != new.get(key)
        }
    return previous
