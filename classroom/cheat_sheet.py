"""`cards()`: Stripe's test cards, and what each one makes happen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from IPython.display import display

from local_stripe.cards import CARDS, Card

HEADINGS = ("number", "name for the API", "from", "what happens when it pays")


@dataclass(frozen=True)
class CheatSheet:
    """Test cards as a table: drawn in a notebook, lined up everywhere else."""

    cards: tuple[Card, ...]

    def __repr__(self) -> str:
        rows = [HEADINGS, *self.rows()]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)

    def _repr_mimebundle_(self, **_: object) -> Mapping[str, str]:
        rows = [HEADINGS, ("---",) * len(HEADINGS), *self.rows()]
        markdown = "\n".join(f"| {' | '.join(row)} |" for row in rows)
        return {"text/plain": repr(self), "text/markdown": markdown}

    def rows(self) -> Iterator[tuple[str, ...]]:
        """Number in groups, `pm_card_…` name if there is one, country, outcome."""
        for card in self.cards:
            yield _grouped(card.number), card.payment_method or "", card.country, card.outcome


def cards() -> None:
    """Show the test cards: type a number into a page, or give a name to the API."""
    display(CheatSheet(CARDS))


def _grouped(number: str) -> str:
    """As it is printed on the card: in fours, or 4-6-5 where there are 15 digits."""
    ends = (4, 10, 15) if len(number) == 15 else (4, 8, 12, 16)
    return " ".join(number[start:end] for start, end in zip((0, *ends), ends, strict=False))
