"""From a method and a path to the function that answers it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from local_stripe.call import Call


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint: `Route("GET", "/v1/customers/{customer}", retrieve, params="…", returns="…")`.

    params: the SDK's type of the request, a name in `stripe.params`; for an address that only
        Stripe's own programs know, a TypedDict of ours
    returns: what the answer is, its `object`
    publishable: a publishable key is enough, as for tokens made in a browser
    """

    method: str
    path: str
    handler: Callable[[Call], dict[str, Any]]
    params: str | type
    returns: str
    publishable: bool = False


class Router:
    """All endpoints, as a tree of path segments; a literal segment wins over a placeholder."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._root = _Node()
        for route in routes:
            node = self._root
            for segment in route.path.split("/")[1:]:
                node = node.grow(segment)
            node.routes[route.method] = route, _placeholders(route.path)

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """The endpoint and the ids in the path, or None."""
        node, values = self._root, []
        for segment in path.split("/")[1:]:
            if segment in node.literal:
                node = node.literal[segment]
            elif segment and node.placeholder:
                node = node.placeholder
                values.append(unquote(segment))
            else:
                return None
        if method not in node.routes:
            return None
        route, names = node.routes[method]
        return route, dict(zip(names, values, strict=True))


class _Node:
    """Where a path can go on, and what answers there."""

    __slots__ = ("literal", "placeholder", "routes")

    def __init__(self) -> None:
        self.literal: dict[str, _Node] = {}
        self.placeholder: _Node | None = None
        self.routes: dict[str, tuple[Route, list[str]]] = {}  # by method

    def grow(self, segment: str) -> "_Node":
        """The node that a segment of a route leads to, made if there is none."""
        if segment.startswith("{"):
            self.placeholder = self.placeholder or _Node()
            return self.placeholder
        return self.literal.setdefault(segment, _Node())


def _placeholders(path: str) -> list[str]:
    return [part[1:-1] for part in path.split("/") if part.startswith("{")]
