"""References, spelled out where the request asks.  https://docs.stripe.com/api/expanding_objects

The SDK's types say which fields are references, and to what.
"""

from collections.abc import Callable, Mapping
from typing import Any

from local_stripe.contract import references
from local_stripe.errors import StripeError, not_implemented
from local_stripe.store import Object, Store

DEEPEST = 4  # names in a path, `data` among them

Include = Callable[[Store, Object], Any]  # makes a field that is absent unless it is expanded
Includes = Mapping[tuple[str, str], Include]  # by the object's kind and the field

_Tree = dict[str, Any]  # the paths by their first part: {"customer": {"default_source": {}}}


class Expander:
    """Expands answers from a store."""

    def __init__(self, store: Store, includes: Includes) -> None:
        self._store = store
        self._includes = includes

    def expand(self, body: Object, paths: list[str]) -> Object:
        """The answer with the references at these paths replaced by their objects.

        Raises StripeError for a path that leads nowhere.
        """
        tree = _tree(paths)
        if body.get("object") in ("list", "search_result"):
            return self._page(body, tree, "")
        return self._object(body, body["object"], tree, "")

    def _page(self, page: Object, tree: _Tree, path: str) -> Object:
        for name in tree:
            if name != "data" and not (page["object"], name) == ("search_result", "total_count"):
                raise _refusal(path + name, hint="" if path else f"data.{name}")
        inner = tree.get("data")
        if not inner:
            return page
        path += "data."
        data = [self._object(item, item["object"], inner, path) for item in page["data"]]
        return {**page, "data": data}

    def _object(self, obj: Object, owner: str | type, tree: _Tree, path: str) -> Object:
        if not tree or "deleted" in obj:
            return obj
        expanded = dict(obj)
        for name, inner in tree.items():
            expanded[name] = self._field(obj, owner, name, inner, path + name)
        return expanded

    def _field(self, obj: Object, owner: str | type, name: str, inner: _Tree, path: str) -> Any:
        if isinstance(owner, str) and (include := self._includes.get((owner, name))):
            return self._value(include(self._store, obj), inner, path)
        expansion = references(owner).get(name)
        if expansion is None or (expansion.nested is not None and not inner):
            raise _refusal(path)
        if name not in obj:
            raise not_implemented(f"the expansion of {path}")
        value = obj[name]
        if expansion.nested is not None and isinstance(value, dict):
            return self._object(value, expansion.nested, inner, f"{path}.")
        if isinstance(value, str):
            value = self._referenced(value, expansion.kinds)
        return self._value(value, inner, path)

    def _value(self, value: Any, inner: _Tree, path: str) -> Any:
        """An object or a page with its own expansions; anything else stays."""
        match value:
            case {"object": "list"}:
                return self._page(value, inner, f"{path}.")
            case {"object": str(kind)}:
                return self._object(value, kind, inner, f"{path}.")
        return value

    def _referenced(self, id: str, kinds: tuple[str, ...]) -> Any:
        found = (self._store.get(kind, id) for kind in kinds)
        return next((obj for obj in found if obj is not None), id)


def _tree(paths: list[str]) -> _Tree:
    tree: _Tree = {}
    for path in paths:
        parts = path.split(".")
        if len(parts) > DEEPEST:
            raise StripeError(
                f"You cannot expand more than {DEEPEST} levels of a property. Property: {path}"
            )
        branch = tree
        for part in parts:
            branch = branch.setdefault(part, {})
    return tree


def _refusal(path: str, hint: str = "") -> StripeError:
    message = f"This property cannot be expanded ({path})."
    if hint:
        message += f" You may want to try expanding '{hint}' instead."
    return StripeError(message)
