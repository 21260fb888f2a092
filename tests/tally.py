"""A pytest plugin: what tests count, summed over the workers, is told at the end of the run."""

from collections import Counter
from typing import Any

import pytest

TALLY: Counter[str] = Counter()
"""How many of each; a test adds to it."""


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker reports its counts to the run that started it."""
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["tally"] = dict(TALLY)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """A worker is done."""
    TALLY.update(getattr(node, "workeroutput", {}).get("tally", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many there were."""
    for what, number in sorted(TALLY.items()):
        terminalreporter.write_line(f"{number} {what}")
