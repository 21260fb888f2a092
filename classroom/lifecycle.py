"""`states()`: the life of a payment or an order, drawn from the table that the code obeys."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from IPython.display import display

import local_stripe.states as stripes
from local_stripe.states import Machine

# Stripe's name of an object, and the table that the local Stripe runs on.
MACHINES = {
    name.lower(): machine for name, machine in vars(stripes).items() if isinstance(machine, Machine)
}
BEGINNING = "[*]"  # and end, in Mermaid

Transitions = Mapping[str | None, Collection[str]]  # None: before it begins
Move = tuple[str | None, str]


def states(life: str | Transitions, *, without: str = "") -> None:
    """Draw a state machine: of a Stripe object by its name, or of a table of transitions.

        states("checkout_session")
        states("payment_intent", without="update")  # a sketch, where all would be too small to read
        states(sample_app.order_status.TRANSITIONS)

    A sketch leaves out an action, and the moves that stay where they are.
    Raises `LookupError` for a name that the local Stripe has no table for.
    """
    moves = _stripes(life) if isinstance(life, str) else _given(life)
    display(Life(_sketched(moves, without) if without else moves))


@dataclass(frozen=True)
class Life:
    """A state diagram: JupyterLab draws it, everything else prints it.

    moves: from, to, and by which actions; from None it begins
    """

    moves: Mapping[Move, Collection[str]]

    def __repr__(self) -> str:
        rows = [
            (before or "(new)", after, ", ".join(actions))
            for (before, after), actions in self.moves.items()
        ]
        wide, wider = (max(map(len, column)) for column in [*zip(*rows, strict=True)][:2])
        return "\n".join(
            f"{before:{wide}} --> {after:{wider}}  {actions}".rstrip()
            for before, after, actions in rows
        )

    def _repr_mimebundle_(self, **_: object) -> Mapping[str, str]:
        return {"text/plain": repr(self), "text/vnd.mermaid": self.mermaid}

    @property
    def mermaid(self) -> str:
        """The diagram in Mermaid's language (https://mermaid.js.org/syntax/stateDiagram.html)."""
        arrows = [
            f"    {before or BEGINNING} --> {after}" + (f": {', '.join(by)}" if by else "")
            for (before, after), by in self.moves.items()
        ]
        return "\n".join(["stateDiagram-v2", *arrows, *map(_end, self._ends())])

    def _ends(self) -> list[str]:
        """The states that nothing leads out of."""
        left = {before for before, _ in self.moves}
        return [
            after for after in dict.fromkeys(after for _, after in self.moves) if after not in left
        ]


def _end(state: str) -> str:
    return f"    {state} --> {BEGINNING}"


def _stripes(name: str) -> dict[Move, list[str]]:
    """By the state that they lead out of."""
    if name not in MACHINES:
        raise LookupError(f"There is a table for {', '.join(MACHINES)}, and none for {name}.")
    out: dict[str | None, dict[str, list[str]]] = {}
    for action, before, after in MACHINES[name].moves():
        out.setdefault(before, {}).setdefault(after, []).append(action)
    return {
        (before, after): actions for before, row in out.items() for after, actions in row.items()
    }


def _sketched(moves: Mapping[Move, Collection[str]], without: str) -> dict[Move, Collection[str]]:
    return {
        (before, after): [action for action in actions if action != without]
        for (before, after), actions in moves.items()
        if before != after and set(actions) != {without}
    }


def _given(table: Transitions) -> dict[Move, tuple[str, ...]]:
    """Where a row is a set, its states come in the order of the rows: a set has none."""
    rows = [*table]
    return {
        (before, after): ()
        for before, afters in table.items()
        for after in sorted(afters, key=rows.index)
    }
