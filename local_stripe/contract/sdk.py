"""Reads the SDK's types: `stripe.params.*` for requests, the resource classes for answers."""

import re
import sys
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from operator import attrgetter
from pathlib import Path
from types import UnionType
from typing import Any, ClassVar, Literal, Union, get_args, get_origin, get_type_hints

import stripe
import stripe.params
from stripe import ListObject, StripeObject
from stripe._object_classes import OBJECT_CLASSES  # the SDK's own table, kind -> (module, class)
from stripe._request_options import RequestOptions
from typing_extensions import is_typeddict  # the SDK declares its TypedDicts with it

_KINDS = {place: kind for kind, place in OBJECT_CLASSES.items()}
_IMPORT = re.compile(r"^    from (stripe[\w.]*) import (\([^)]*\)|[^(\n]*)$", re.MULTILINE)
_NAME = re.compile(r"(\w+)(?: as (\w+))?")


class Reference:
    """Stands for a resource that a type mentions, so that it is read only when it is needed."""

    kind: ClassVar[str]


def params_type(type: str | type) -> Any:
    """The TypedDict of a request: `checkout.SessionListParams` of the SDK's, or one of ours."""
    return attrgetter(type)(stripe.params) if isinstance(type, str) else type


@cache
def resource(kind: str) -> type[StripeObject] | None:
    """The class of a resource by its `object`, or None."""
    if kind not in OBJECT_CLASSES:
        return None
    module, name = OBJECT_CLASSES[kind]
    found: type[StripeObject] = getattr(import_module(module), name)
    return found


@cache
def fields(owner: type) -> dict[str, Any]:
    """The fields of a TypedDict or of a class of answers, with their types resolved."""
    request = is_typeddict(owner)
    own = {
        name: annotation
        for name, annotation in owner.__annotations__.items()
        if not name.startswith("_")
        and not (request and name in RequestOptions.__annotations__)
        and not _is_class_variable(annotation)
    }
    bare = type("Fields", (), {"__annotations__": own, "__module__": owner.__module__})
    return get_type_hints(bare, localns={} if request else _mentioned(owner.__module__))


def alternatives(annotation: Any) -> tuple[Any, ...]:
    """What a union consists of; another type consists of itself."""
    return get_args(annotation) if is_union(annotation) else (annotation,)


def is_union(annotation: Any) -> bool:
    """Whether the type is a union, however it was written."""
    return get_origin(annotation) in (Union, UnionType)


def choices(annotations: tuple[Any, ...]) -> list[Any]:
    """The values of all Literals among the types."""
    return [
        value
        for annotation in annotations
        if get_origin(annotation) is Literal
        for value in get_args(annotation)
    ]


def is_reference(annotation: Any) -> bool:
    """Whether the type is another resource."""
    return isinstance(annotation, type) and issubclass(annotation, Reference)


@cache
def references(owner: type | str) -> "dict[str, Expansion]":
    """The fields of a resource (by kind) or nested class that lead to other resources."""
    cls = resource(owner) if isinstance(owner, str) else owner
    found = {} if cls is None else {n: _expansion(t) for n, t in fields(cls).items()}
    return {name: expansion for name, expansion in found.items() if expansion is not None}


@dataclass(frozen=True, slots=True)
class Expansion:
    """Where a field leads: to resources of these kinds, or into an object of a nested class."""

    kinds: tuple[str, ...]
    nested: type | None = None


def _expansion(annotation: Any) -> Expansion | None:
    """None for a plain value."""
    parts = alternatives(annotation)
    for part in parts:
        if get_origin(part) is ListObject:
            return Expansion(_kinds(alternatives(get_args(part)[0])))
        if isinstance(part, type) and issubclass(part, StripeObject):
            return Expansion((), nested=part)
    kinds = _kinds(parts)
    return Expansion(kinds) if kinds else None


def _kinds(annotations: tuple[Any, ...]) -> tuple[str, ...]:
    return tuple(part.kind for part in annotations if is_reference(part))


def _is_class_variable(annotation: Any) -> bool:
    origin: Any = get_origin(annotation)
    return origin is ClassVar


@cache
def _mentioned(module: str) -> dict[str, type[Reference]]:
    """The resources that a module imports for type checking only, by the name it uses."""
    path = sys.modules[module].__file__
    source = Path(path).read_text(encoding="utf-8") if path else ""
    return {
        alias or name: _reference(_KINDS[place, name])
        for place, names in _IMPORT.findall(source)
        for name, alias in _NAME.findall(names)
        if (place, name) in _KINDS
    }


@cache
def _reference(kind: str) -> type[Reference]:
    return type(kind, (Reference,), {"kind": kind})
