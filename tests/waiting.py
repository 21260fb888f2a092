"""Wait for what other processes do: on a condition, and not for ever."""

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")
SECONDS_BETWEEN_LOOKS = 0.05


def eventually(look: Callable[[], Found], within: float = 60.0) -> Found:
    """What `look` finds, as soon as there is something; fails after so many seconds."""
    end = time.monotonic() + within
    while not (found := look()):
        assert time.monotonic() < end, f"{look.__name__} found nothing within {within} seconds"
        time.sleep(SECONDS_BETWEEN_LOOKS)
    return found
