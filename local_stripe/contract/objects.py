"""Answers against the SDK's types: fields missing, unknown or ill-typed are told apart.

`check_object` is for tests: they hold every answer against it.
"""

from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cache
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from stripe import ErrorObject, ListObject, SearchResultObject, StripeObject
from stripe._stripe_object import UntypedStripeObject

from local_stripe.contract import sdk

Differences = Iterator[str]
Check = Callable[[Any, str], Differences]  # (value, where it stands) -> how it differs

# Live answers hold these, though the SDK's types do not (recorded from the API).
_BEYOND_THE_TYPES = {
    "charge": {"destination", "dispute", "order"},
    "payment_intent": {"shared_payment_granted_token"},
    "payment_method": {"shared_payment_granted_token"},
    "product": {"attributes"},
}
_LIST_KEYS = {"object", "data", "has_more", "url"}
_SEARCH_KEYS = _LIST_KEYS | {"next_page"}
_STUB_KEYS = {"id", "object", "deleted"}


def check_object(body: Any) -> list[str]:
    """How an answer differs from the SDK's types, a line each; empty if it does not."""
    if isinstance(body, dict) and "error" in body:
        return list(_class(ErrorObject)(body["error"], "error"))
    return list(_resource(body, "body"))


def _resource(body: Any, where: str, kinds: tuple[str, ...] = ()) -> Differences:
    """An object that says by its `object` what it is."""
    if not isinstance(body, dict):
        yield f"{where}: {body!r} is no object"
        return
    kind = body.get("object")
    if kind == "list":
        yield from _page(body, where, _LIST_KEYS, kinds)
    elif kind == "search_result":
        yield from _page(body, where, _SEARCH_KEYS | ({"total_count"} & body.keys()), kinds)
    elif not isinstance(kind, str) or sdk.resource(kind) is None:
        yield f"{where}.object: {kind!r} is no kind that the SDK knows"
    elif kinds and kind not in kinds:
        yield f"{where}.object: {kind!r} is none of {kinds}"
    elif body.get("deleted"):
        yield from _keys(body, where, _STUB_KEYS)
    else:
        yield from _kind(kind)(body, where)


def _page(body: dict[str, Any], where: str, keys: set[str], kinds: tuple[str, ...]) -> Differences:
    yield from _keys(body, where, keys)
    for place, item in enumerate(body.get("data", [])):
        yield from _resource(item, f"{where}.data[{place}]", kinds)


def _keys(body: dict[str, Any], where: str, keys: set[str]) -> Differences:
    for key in sorted(keys ^ body.keys()):
        yield f"{where}.{key}: {'unknown' if key in body else 'missing'}"


@cache
def _kind(kind: str) -> Check:
    cls = sdk.resource(kind)
    assert cls is not None
    return _fields(cls, _BEYOND_THE_TYPES.get(kind, set()))


@cache
def _class(cls: Any) -> Check:
    return _fields(cls, set())


def _fields(cls: Any, beyond: set[str]) -> Check:
    types = sdk.fields(cls)
    checks = {name: _checker(annotation) for name, annotation in types.items()}
    required = [name for name, type in types.items() if NoneType not in sdk.alternatives(type)]

    def check(body: Any, where: str) -> Differences:
        if not isinstance(body, dict):
            yield f"{where}: {body!r} is no {cls.__qualname__}"
            return
        for name in required:
            if name not in body:
                yield f"{where}.{name}: missing"
        for name, value in body.items():
            if name in checks:
                yield from checks[name](value, f"{where}.{name}")
            elif name not in beyond:
                yield f"{where}.{name}: unknown"

    return check


def _checker(annotation: Any) -> Check:
    """The check that a field's type asks for."""
    parts = sdk.alternatives(annotation)
    if NoneType in parts:
        check = _value(tuple(part for part in parts if part is not NoneType))
        return lambda value, where: iter(()) if value is None else check(value, where)
    return _value(parts)


def _value(parts: tuple[Any, ...]) -> Check:
    kinds = tuple(part.kind for part in parts if sdk.is_reference(part))
    values = sdk.choices(parts)
    structured = next((part for part in parts if _is_structured(part)), None)
    scalars = tuple(_SCALARS[part] for part in parts if part in _SCALARS)

    def check(value: Any, where: str) -> Differences:
        if structured is not None and isinstance(value, (dict, list)):
            yield from _structure(structured)(value, where)
        elif kinds and isinstance(value, dict):
            yield from _resource(value, where, kinds)
        elif values:
            if value not in values:
                yield f"{where}: {value!r} is none of {values}"
        elif Any not in parts and not _is_one_of(value, scalars):
            yield f"{where}: {value!r} is no {' or '.join(map(str, parts))}"

    return check


# What JSON holds for a type of the SDK. (Decimals travel as strings.)
_SCALARS: dict[Any, tuple[type, ...]] = {
    str: (str,),
    int: (int,),
    bool: (bool,),
    float: (int, float),
    Decimal: (str,),
}


def _is_one_of(value: Any, scalars: tuple[tuple[type, ...], ...]) -> bool:
    return any(type(value) in allowed for allowed in scalars)


def _is_structured(part: Any) -> bool:
    origin = get_origin(part)
    if origin is Literal:
        return False
    return origin in (list, dict, ListObject, SearchResultObject, UntypedStripeObject) or (
        isinstance(part, type) and issubclass(part, StripeObject)
    )


@cache
def _structure(part: Any) -> Check:
    origin, arguments = get_origin(part), get_args(part)
    if origin is list:
        return _items(_checker(arguments[0]))
    if origin in (dict, UntypedStripeObject):
        return _map(_checker(arguments[-1]))
    if origin in (ListObject, SearchResultObject):
        kinds = tuple(p.kind for p in sdk.alternatives(arguments[0]) if sdk.is_reference(p))
        return lambda value, where: _resource(value, where, kinds)
    return _class(part)


def _items(item: Check) -> Check:
    def check(value: Any, where: str) -> Differences:
        if not isinstance(value, list):
            yield f"{where}: {value!r} is no list"
            return
        for place, one in enumerate(value):
            yield from item(one, f"{where}[{place}]")

    return check


def _map(item: Check) -> Check:
    def check(value: Any, where: str) -> Differences:
        if not isinstance(value, dict):
            yield f"{where}: {value!r} is no map"
            return
        for key, one in value.items():
            yield from item(one, f"{where}.{key}")

    return check
