"""From a method and a path to the function that answers it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from local_stripe.call import Call


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint: `Route("GET", "/v1/customers/{customer}", retrieve, params="…", returns="…")`.

    params: the SDK's type of the request, a name in `stripe.params`
    returns: what the answer is, its `object`
    publishable: a publishable key is enough, as for tokens made in a browser
    """

    method: str
    path: str
    handler: Callable[[Call], dict[str, Any]]
    params: str
    returns: str
    publishable: bool = False


class Router:
    """All endpoints, as a tree of path segments; a literal segment wins over a placeholder."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._tree: dict[str, Any] = {}
        for route in routes:
            branch = self._tree
            for segment in route.path.split("/")[1:]:
                branch = branch.setdefault("{}" if segment.startswith("{") else segment, {})
            branch[f" {route.method}"] = route, _placeholders(route.path)

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """The endpoint and the ids in the path, or None."""
        branch, values = self._tree, []
        for segment in path.split("/")[1:]:
            if segment in branch and segment != "{}":
                branch = branch[segment]
            elif segment and "{}" in branch:
                branch = branch["{}"]
                values.append(unquote(segment))
            else:
                return None
        found = branch.get(f" {method}")
        if found is None:
            return None
        route, names = found
        return route, dict(zip(names, values, strict=True))


def _placeholders(path: str) -> list[str]:
    return [part[1:-1] for part in path.split("/") if part.startswith("{")]
