"""`show()`: the shop's own code, so that a lesson never quotes what has changed since."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from types import ModuleType

from IPython.display import display

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Code:
    """Python source under a title; coloured in a notebook, plain elsewhere."""

    title: str
    source: str

    def __repr__(self) -> str:
        return f"# {self.title}\n{self.source}"

    def _repr_mimebundle_(self, **_: object) -> Mapping[str, str]:
        longest = max((len(run) for run in re.findall(r"`+", self.source)), default=0)
        fence = "`" * max(3, longest + 1)
        markdown = f"`{self.title}`\n\n{fence}python\n{self.source}\n{fence}"
        return {"text/plain": repr(self), "text/markdown": markdown}


def show(thing: Callable[..., object] | type | ModuleType) -> None:
    """Show the source of a function, a class or a module of the shop.

    Raises `TypeError` for something that has no source, such as an order or a number.
    """
    subject = inspect.unwrap(thing) if callable(thing) else thing
    try:
        source = inspect.getsource(subject)
    except (OSError, TypeError):
        raise TypeError(
            f"show() takes a function, a class or a module, and {type(thing).__name__} is none."
        ) from None
    display(Code(_place(subject), dedent(source).rstrip()))


def _place(thing: Callable[..., object] | type | ModuleType) -> str:
    """`sample_app/orders.py: place_order`, the same on every machine."""
    name = getattr(thing, "__qualname__", "")
    path = Path(inspect.getsourcefile(thing) or "")
    if not path.is_relative_to(ROOT) or ".venv" in path.parts:
        return name or path.name
    return ": ".join(filter(None, [path.relative_to(ROOT).as_posix(), name]))
