"""Percent-format sources: cells under `# %%` lines, with solutions between markers.

    def double(n):
        ### BEGIN SOLUTION
        return 2 * n
        ### STARTS AS
        # return n + n + n
        ### END SOLUTION

The learner gets the lines after `STARTS AS`, uncommented, or `...` where there are none.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

CELL = re.compile(r"^# %%.*\n", re.MULTILINE)
BLOCK = re.compile(
    r"^(?P<indent>[ \t]*)### BEGIN SOLUTION\n"
    r"(?P<solution>.*?)"
    r"(?:^[ \t]*### STARTS AS\n(?P<start>.*?))?"
    r"^[ \t]*### END SOLUTION[ \t]*\n?",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Cell:
    """One code cell: its source as written, markers and all."""

    source: str

    @property
    def solved(self) -> str:
        return solved(self.source).strip()

    @property
    def handed_out(self) -> str:
        return handed_out(self.source).strip()

    def checks(self, exercise: str) -> bool:
        """Whether this cell calls `check` for that exercise."""
        return f'check("{exercise}"' in self.source

    def defines(self, name: str) -> ast.stmt | None:
        """The top-level statement of the handed-out cell that defines a name, or None."""
        return definition(self.handed_out, name)


def code_cells(text: str) -> list[Cell]:
    """The code cells of a percent-format source, in order."""
    headers = CELL.findall(text)
    bodies = CELL.split(text)[1:]
    return [Cell(body) for header, body in zip(headers, bodies, strict=True) if _is_code(header)]


def solved(text: str) -> str:
    """The text with its solutions and without the markers."""
    return BLOCK.sub(lambda block: block["solution"], text)


def handed_out(text: str) -> str:
    """The text as a learner gets it: each solution replaced by what it starts as, or by `...`."""
    return BLOCK.sub(lambda block: _start(block["start"]) or f"{block['indent']}...\n", text)


def definition(source: str, name: str) -> ast.stmt | None:
    """The last top-level statement of a source that binds a name, or None."""
    found = [statement for statement in ast.parse(source).body if name in _bound(statement)]
    return found[-1] if found else None


def bound_names(source: str) -> set[str]:
    """What the top-level statements of a source bind, imports apart."""
    return {name for statement in ast.parse(source).body for name in _bound(statement)}


def _is_code(header: str) -> bool:
    return "[markdown]" not in header and "[md]" not in header and "[raw]" not in header


def _start(commented: str | None) -> str:
    return re.sub(r"^([ \t]*)# ?", r"\1", commented or "", flags=re.MULTILINE)


def _bound(statement: ast.stmt) -> Iterator[str]:
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Assign(targets=targets):
            yield from (
                node.id
                for target in targets
                for node in ast.walk(target)
                if isinstance(node, ast.Name)
            )
        case ast.AnnAssign(target=ast.Name(id=name)):
            yield name
