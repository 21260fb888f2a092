"""What a notebook of this course imports, and the tools around the notebooks (`python -m classroom`)."""

from classroom.connection import connect, local
from classroom.desk import check, hint, solution
from classroom.page import browse
from classroom.site import Site, serve, shop
from classroom.source import show
from classroom.traffic import timeline

__all__ = [
    "Site",
    "browse",
    "check",
    "connect",
    "hint",
    "local",
    "serve",
    "shop",
    "show",
    "solution",
    "timeline",
]
