"""Time as the local Stripe knows it: whole seconds since 1970, moved by hand."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

NEW_YEAR_2026 = 1_767_225_600  # 2026-01-01T00:00:00Z


class Timekeeper(Protocol):
    """What the core asks of a clock."""

    def now(self) -> int:
        """Seconds since 1970."""
        ...

    def advance(self, seconds: int) -> None:
        """Move forward."""
        ...


class Clock:
    """A clock that stands still until somebody advances it."""

    def __init__(self, start: int = NEW_YEAR_2026) -> None:
        self._now = start

    def now(self) -> int:
        """Seconds since 1970."""
        return self._now

    def advance(self, seconds: int) -> None:
        """Move forward. Raises ValueError for a step back: nothing was created in the future."""
        self._now += _forward(seconds)


class WallClock:
    """The machine's time, plus what somebody advanced it by."""

    def __init__(self) -> None:
        self._ahead = 0

    def now(self) -> int:
        """Seconds since 1970."""
        return int(time.time()) + self._ahead

    def advance(self, seconds: int) -> None:
        """Move forward. Raises ValueError for a step back."""
        self._ahead += _forward(seconds)


class Present:
    """A clock that can be set back for a while, to do what was due earlier."""

    def __init__(self, clock: Timekeeper) -> None:
        self._clock = clock
        self._past: int | None = None

    def now(self) -> int:
        """Seconds since 1970."""
        return self._clock.now() if self._past is None else self._past

    def advance(self, seconds: int) -> None:
        """Move forward. Raises ValueError for a step back."""
        self._clock.advance(seconds)

    @contextmanager
    def back_at(self, past: int) -> Iterator[None]:
        """It is that time, within the block."""
        self._past = past
        try:
            yield
        finally:
            self._past = None


def _forward(seconds: int) -> int:
    if seconds < 0:
        raise ValueError(f"time moves forward only, not by {seconds} seconds")
    return seconds
