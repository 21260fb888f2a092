"""The queue of webhook deliveries, and what may happen to one on its way, on demand.

A shop has to survive every one of the faults: https://docs.stripe.com/webhooks#best-practices
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from heapq import heappop, heappush, merge
from itertools import chain, count
from typing import Any

FAULTS = {
    "duplicate": "it arrives twice",
    "reorder": "the next delivery to the same endpoint overtakes it",
    "delay": "it arrives later",
    "drop": "it is lost on the way: a failed attempt, which is tried again as any other",
    "bad_signature": "it is signed with a secret that is not the endpoint's",
}
"""Every fault, and what it does to the delivery that it strikes."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault that waits for the next delivery of an event whose type matches `type`.

    kind: one of FAULTS
    type: of the event; `*` stands for anything, as in `payment_intent.*`
    seconds: how much later a delayed delivery arrives
    """

    kind: str
    type: str = "*"
    seconds: int = 60

    def __post_init__(self) -> None:
        if self.kind not in FAULTS:
            raise ValueError(f"{self.kind!r} is none of the faults: {', '.join(FAULTS)}")
        if self.seconds < 0:
            raise ValueError(f"a delivery cannot arrive {-self.seconds} seconds early")


@dataclass(frozen=True, order=True, slots=True)
class Delivery:
    """An event on its way to an endpoint, at the second when it is due.

    turn: of two that are due in the same second, the lower one goes first
    number: which of the tries that Stripe makes by itself this is
    manual: resent by hand
    retried: tried again if it fails; a copy, or one that is resent, is not
    fault: what struck it on its way, one of FAULTS
    """

    due: int
    turn: int
    event: str
    type: str
    endpoint: str
    number: int = 1
    manual: bool = False
    retried: bool = True
    fault: str | None = None


class Queue:
    """Deliveries by endpoint, in the order in which they are due; `faults` wait for them."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self._heaps: defaultdict[str, list[Delivery]] = defaultdict(list)
        self._held: defaultdict[str, list[Delivery]] = defaultdict(list)  # to be overtaken
        self._turns = count()

    def add(self, due: int, event: str, type: str, endpoint: str, **more: Any) -> None:
        """Queue an event for an endpoint, behind what is due with it; `more` is of Delivery."""
        self.put(Delivery(due, next(self._turns), event, type, endpoint, **more))

    def put(self, delivery: Delivery) -> None:
        """Queue a delivery as it is: in its turn."""
        heappush(self._heaps[delivery.endpoint], delivery)

    def waiting(self) -> Iterator[Delivery]:
        """All that is queued, in the order in which it is due; the first few are quick to get."""
        return merge(*map(_in_order, self._heaps.values()), *map(sorted, self._held.values()))

    def due(self, now: int) -> list[str]:
        """The endpoints for which something is due."""
        return [endpoint for endpoint, heap in self._heaps.items() if heap and heap[0].due <= now]

    def take(self, now: int, endpoint: str | None = None) -> list[Delivery]:
        """What is due, in order, as it arrives: with the faults that strike it on its way."""
        heaps = self._heaps.values() if endpoint is None else [self._heaps[endpoint]]
        due = sorted(chain.from_iterable(_pop(heap, now) for heap in heaps))
        return [arriving for delivery in due for arriving in self._sent(delivery, now)]

    def _sent(self, delivery: Delivery, now: int) -> list[Delivery]:
        """What arrives when a delivery sets out: it alone, unless a fault waits for it."""
        fault = None if delivery.fault else self._next_fault(delivery.type)
        if fault is None:
            return [delivery, *self._held.pop(delivery.endpoint, [])]
        struck = replace(delivery, fault=fault.kind)
        match fault.kind:
            case "reorder":
                self._held[delivery.endpoint].append(struck)
                return []
            case "delay":
                self.put(replace(struck, due=now + fault.seconds))
                return []
            case "duplicate":
                arriving = [struck, replace(struck, retried=False)]
            case _:  # it arrives, or is lost, in the state that it is in
                arriving = [struck]
        return arriving + self._held.pop(delivery.endpoint, [])

    def _next_fault(self, type: str) -> Fault | None:
        """The oldest fault that waits for such an event; it waits no more."""
        for place, fault in enumerate(self.faults):
            if fnmatchcase(type, fault.type):
                return self.faults.pop(place)
        return None


def _pop(heap: list[Delivery], now: int) -> Iterator[Delivery]:
    while heap and heap[0].due <= now:
        yield heappop(heap)


def _in_order(heap: list[Delivery]) -> Iterator[Delivery]:
    """What is in a heap from the smallest on. The heap stays as it is."""
    next_ones = [(heap[0], 0)] if heap else []
    while next_ones:
        delivery, place = heappop(next_ones)
        yield delivery
        children = range(2 * place + 1, min(2 * place + 3, len(heap)))
        for child in children:
            heappush(next_ones, (heap[child], child))
