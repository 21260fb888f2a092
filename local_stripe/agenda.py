"""What will happen by itself, later: a debit settles, a hold expires.

An entry is run once its time has come, in order of that time, and then it *is* that time: what it
makes and the events it emits are dated when they were due, however late somebody looks.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count

from local_stripe.call import Call

Action = Callable[[Call, str], object]  # is given the id of what it is about; refuses nothing


@dataclass(order=True, frozen=True, slots=True)
class Entry:
    """Call `action` for the object `id` at `due` (seconds since 1970)."""

    due: int
    turn: int  # of two that are due in the same second, the one added first goes first
    action: Action = field(compare=False)
    id: str = field(compare=False)


class Agenda:
    """The work of an account that is due at a time. Nobody strikes an entry out:

    its action looks at the object first, and leaves it alone if things have gone another way.
    """

    def __init__(self) -> None:
        self._added: list[Entry] = []  # by the request that is being answered
        self._queue: list[Entry] = []
        self._turns = count()

    def add(self, due: int, action: Action, id: str) -> None:
        """Do this at that time (seconds since 1970), if the request succeeds."""
        self._added.append(Entry(due, next(self._turns), action, id))

    def commit(self) -> None:
        """What was added is queued."""
        for entry in self._added:
            heappush(self._queue, entry)
        self._added.clear()

    def rollback(self) -> None:
        """What was added will not happen."""
        self._added.clear()

    def take(self, now: int) -> Entry | None:
        """The next entry that is due by now; it is on the agenda no more."""
        return heappop(self._queue) if self._queue and self._queue[0].due <= now else None
