"""`timeline()`: who said what to whom, drawn as a sequence diagram."""

from __future__ import annotations

import re
import threading
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NewType

from IPython.display import display

Party = NewType("Party", str)
BROWSER, NOTEBOOK, SHOP, STRIPE = map(Party, ("browser", "notebook", "shop", "Stripe"))
ESCAPES = str.maketrans({"#": "#35;", ";": "#59;"})  # what Mermaid would read as its own
LEFT_TO_RIGHT = (BROWSER, NOTEBOOK, SHOP, STRIPE)

TOKEN = re.compile(r"\b(tok|ctoken|btok)_\w+")
ID = re.compile(r"\b((?:[a-z]+_)+)(?:test_)?(?=[A-Za-z]*\d)[A-Za-z0-9]{14,}\b")
KEY = re.compile(r" \{key ([^}]*)\}")
GENERATED = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Arrow:
    """One message: a request, or with `answer` what came back."""

    source: Party
    target: Party
    text: str
    answer: bool = False


class Journal:
    """The messages of one notebook, in order; several threads may write."""

    def __init__(self) -> None:
        self._arrows: list[Arrow] = []
        self._lock = threading.Lock()

    def note(self, arrow: Arrow) -> None:
        with self._lock:
            self._arrows.append(arrow)

    def take(self) -> list[Arrow]:
        """Everything since the last `take`."""
        with self._lock:
            taken, self._arrows = self._arrows, []
        return taken


class Timeline:
    """Call it to draw the traffic since the last call; `clear()` forgets what was."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal

    def __call__(self) -> None:
        """Draw what browser, shop and Stripe said to each other since the last drawing."""
        display(Diagram(shorten(self.journal.take())))

    def clear(self) -> None:
        """Begin anew: the next drawing starts here."""
        self.journal.take()


@dataclass(frozen=True)
class Diagram:
    """A sequence diagram: JupyterLab draws it, everything else prints it."""

    arrows: list[Arrow]

    def __repr__(self) -> str:
        if not self.arrows:
            return "Nobody has said anything since the last timeline."
        wide = max(len(party) for arrow in self.arrows for party in (arrow.source, arrow.target))
        return "\n".join(_line(arrow, wide) for arrow in self.arrows)

    def _repr_mimebundle_(self, **_: object) -> Mapping[str, str]:
        plain = {"text/plain": repr(self)}
        return plain | {"text/vnd.mermaid": self.mermaid} if self.arrows else plain

    @property
    def mermaid(self) -> str:
        """The diagram in Mermaid's language (https://mermaid.js.org/syntax/sequenceDiagram.html)."""
        present = {party for arrow in self.arrows for party in (arrow.source, arrow.target)}
        parties = [f"    participant {party}" for party in LEFT_TO_RIGHT if party in present]
        return "\n".join(["sequenceDiagram", *parties, *map(_drawn, self.arrows)])


def shorten(arrows: list[Arrow]) -> list[Arrow]:
    """The arrows without what varies or tells too much: ids and keys numbered, tokens dropped.

    A key that the SDK made up (a random UUID) is shown only if it was sent more than once.
    """
    numbers: dict[str, dict[str, int]] = defaultdict(dict)
    keys = Counter(key for arrow in arrows for key in KEY.findall(arrow.text))

    def number(kind: str, value: str) -> int:
        return numbers[kind].setdefault(value, len(numbers[kind]) + 1)

    def short_key(found: re.Match[str]) -> str:
        says_nothing = keys[found[1]] == 1 and GENERATED.fullmatch(found[1])
        return "" if says_nothing else f" (key {number('key', found[1])})"

    def short(text: str) -> str:
        text = TOKEN.sub(r"\1_…", KEY.sub(short_key, text))
        return ID.sub(lambda found: f"{found[1]}…{number(found[1], found[0])}", text)

    return [replace(arrow, text=short(arrow.text)) for arrow in arrows]


def _line(arrow: Arrow, wide: int) -> str:
    if arrow.answer:
        return f"{arrow.target:{wide}} <-- {arrow.source:{wide}}  {arrow.text}"
    return f"{arrow.source:{wide}} --> {arrow.target:{wide}}  {arrow.text}"


def _drawn(arrow: Arrow) -> str:
    line = "-->>" if arrow.answer else "->>"
    return f"    {arrow.source}{line}{arrow.target}: {arrow.text.translate(ESCAPES)}"


journal = Journal()
timeline = Timeline(journal)
