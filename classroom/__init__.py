"""What a notebook of this course imports, and `python -m classroom`, the tools around them."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from classroom import payer
    from classroom.cheat_sheet import cards
    from classroom.connection import connect, local
    from classroom.delivery import deliver, listen
    from classroom.desk import check, hint, solution
    from classroom.diagram import erd
    from classroom.lifecycle import states
    from classroom.mailbox import emails
    from classroom.page import browse, dashboard
    from classroom.site import Site, serve, shop
    from classroom.source import show
    from classroom.traffic import timeline

__all__ = [
    "Site",
    "browse",
    "cards",
    "check",
    "connect",
    "dashboard",
    "deliver",
    "emails",
    "erd",
    "hint",
    "listen",
    "local",
    "payer",
    "serve",
    "shop",
    "show",
    "solution",
    "states",
    "timeline",
]

HOMES = {
    "cheat_sheet": ["cards"],
    "connection": ["connect", "local"],
    "delivery": ["deliver", "listen"],
    "desk": ["check", "hint", "solution"],
    "diagram": ["erd"],
    "lifecycle": ["states"],
    "mailbox": ["emails"],
    "page": ["browse", "dashboard"],
    "site": ["Site", "serve", "shop"],
    "source": ["show"],
    "traffic": ["timeline"],
}


def __getattr__(name: str) -> object:
    """Load a module when something of it is first asked for: the shop takes its time."""
    for module, names in HOMES.items():
        if name in names:
            return getattr(import_module(f"classroom.{module}"), name)
    raise AttributeError(f"module 'classroom' has no attribute {name!r}")
