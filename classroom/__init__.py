"""What a notebook of this course imports, and the tools around the notebooks (`python -m classroom`)."""

from classroom.cards import cards
from classroom.connection import connect, local
from classroom.desk import check, hint, solution
from classroom.diagram import erd
from classroom.page import browse
from classroom.site import Site, serve, shop
from classroom.source import show
from classroom.traffic import timeline

__all__ = [
    "Site",
    "browse",
    "cards",
    "check",
    "connect",
    "erd",
    "hint",
    "local",
    "serve",
    "shop",
    "show",
    "solution",
    "timeline",
]
