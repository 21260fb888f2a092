"""Fair timings: the things compared take turns, and the median of their rounds counts."""

import statistics
import time
from collections.abc import Callable, Mapping


def seconds_each(
    things: Mapping[str, Callable[[], object]], *, calls: int, rounds: int
) -> dict[str, float]:
    """Seconds one call takes, by name: the median over `rounds` of `calls` calls, A B A B …"""
    taken: dict[str, list[float]] = {name: [] for name in things}
    for _ in range(rounds):
        for name, thing in things.items():
            taken[name].append(_seconds(thing, calls) / calls)
    return {name: statistics.median(times) for name, times in taken.items()}


def _seconds(thing: Callable[[], object], calls: int) -> float:
    start = time.perf_counter()
    for _ in range(calls):
        thing()
    return time.perf_counter() - start
