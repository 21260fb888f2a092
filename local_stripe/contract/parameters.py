"""Requests against the SDK's types: unknown, missing and ill-typed parameters are refused.

Values arrive as strings and nested forms and leave typed. A parameter sent empty, which
Stripe reads as "unset this", leaves as None.
"""

from functools import cache
from typing import Any, get_args, get_origin

from stripe._stripe_object import UntypedStripeObject
from typing_extensions import is_typeddict

from local_stripe import errors
from local_stripe.contract import sdk
from local_stripe.contract.values import SCALARS, Check, either, metadata, one_of, string
from local_stripe.forms import Form

# What requests of older API versions may hold beyond the SDK's types.
_OLDER: dict[str | type, dict[str, Any]] = {
    "PaymentIntentCreateParams": {"payment_method_types": list[str]},
    "PaymentIntentUpdateParams": {"payment_method_types": list[str]},
    "PaymentIntentConfirmParams": {"payment_method_types": list[str]},
    "SetupIntentCreateParams": {"payment_method_types": list[str]},
    "SetupIntentUpdateParams": {"payment_method_types": list[str]},
    "checkout.SessionCreateParams": {"payment_method_types": list[str]},
}

# What Stripe.js sends beyond them.
_FROM_PAGES: dict[str | type, dict[str, Any]] = {
    "PaymentIntentConfirmParams": {"client_secret": str},
    "SetupIntentConfirmParams": {"client_secret": str},
}


def check_params(type: str | type, raw: Form, *, older: bool = False) -> dict[str, Any]:
    """The request's parameters, typed as `stripe.params.<type>` has them, or a TypedDict of ours.

    `older` admits what API versions before the SDK's had.
    Raises StripeError with Stripe's words for the first thing that is wrong.
    """
    return _request(type, older)(raw, "")


class _Fields:
    """Checks a form against named fields."""

    def __init__(self, types: dict[str, Any], required: frozenset[str]) -> None:
        self._types = types
        self._required = [key for key in types if key in required]
        self._checks: dict[str, Check] = {}

    def __call__(self, raw: Any, name: str) -> dict[str, Any]:
        if not isinstance(raw, dict):
            raise errors.invalid("object", name)
        types = self._types
        if unknown := [key for key in raw if key not in types]:
            raise errors.unknown_parameters([_inside(name, key) for key in unknown])
        checks = self._checks
        typed = {
            key: (checks.get(key) or self._check(key))(value, f"{name}[{key}]" if name else key)
            for key, value in raw.items()
        }
        for key in self._required:
            if typed.get(key) is None:
                refusal = errors.empty if key in typed else errors.missing
                raise refusal(_inside(name, key))
        return typed

    def _check(self, key: str) -> Check:
        """The field's own check, made when it is first sent."""
        found = metadata if key == "metadata" else _checker(self._types[key])
        return self._checks.setdefault(key, found)


@cache
def _request(type: str | type, older: bool) -> _Fields:
    typed_dict = sdk.params_type(type)
    types = sdk.fields(typed_dict) | _FROM_PAGES.get(type, {})
    types |= _OLDER.get(type, {}) if older else {}
    return _Fields(types, typed_dict.__required_keys__)


@cache
def _nested(typed_dict: Any) -> _Fields:
    return _Fields(sdk.fields(typed_dict), typed_dict.__required_keys__)


def _checker(annotation: Any) -> Check:
    """The check that a type asks for."""
    parts = tuple(p for p in sdk.alternatives(annotation) if not _is_untyped(p))
    values = sdk.choices(parts)
    if "" in values:
        check = _one_check(parts, [value for value in values if value != ""])
        return lambda raw, name: None if raw == "" else check(raw, name)
    return _one_check(parts, values)


def _one_check(parts: tuple[Any, ...], values: list[str]) -> Check:
    form, scalar = _form_check(parts), _scalar_check(parts, values)
    if form is None:
        return scalar or _refuse_all
    if scalar is None:
        return form
    return lambda raw, name: (form if isinstance(raw, dict) else scalar)(raw, name)


def _form_check(parts: tuple[Any, ...]) -> Check | None:
    """For the alternative that is sent as a form: an object, a list or a map."""
    for part in parts:
        if is_typeddict(part):
            return _form_of(part)
        if get_origin(part) is list:
            return _list_of(_element(get_args(part)[0]))
        if get_origin(part) is dict:
            return _map_of(_checker(get_args(part)[1]))
    return None


def _scalar_check(parts: tuple[Any, ...], values: list[str]) -> Check | None:
    """For the alternatives that are sent as one string."""
    if not values:
        return next((SCALARS[part] for part in parts if part in SCALARS), None)
    for part in (bool, int):  # `off_session=true` or `one_off`; `up_to=5` or `inf`
        if part in parts:
            return either(SCALARS[part], one_of(values))
    return one_of(values)


def _refuse_all(raw: Any, name: str) -> Any:
    raise errors.not_implemented(f"the parameter {name}", name)


def _form_of(typed_dict: Any) -> Check:
    """Read when the form is first sent: most never are."""
    return lambda raw, name: _nested(typed_dict)(raw, name)


def _element(annotation: Any) -> Check:
    """An empty string in a list unsets nothing: it stays one."""
    return string if annotation is str else _checker(annotation)


def _list_of(element: Check) -> Check:
    def check(raw: Any, name: str) -> list[Any]:
        if not isinstance(raw, dict) or not all(map(_is_index, raw)):
            raise errors.invalid("array", name)
        return [element(raw[key], f"{name}[{key}]") for key in sorted(raw, key=int)]

    return check


def _map_of(element: Check) -> Check:
    def check(raw: Any, name: str) -> dict[str, Any]:
        if not isinstance(raw, dict):
            raise errors.invalid("object", name)
        return {key: element(value, f"{name}[{key}]") for key, value in raw.items()}

    return check


def _is_index(key: str) -> bool:
    return key.isascii() and key.isdigit() and len(key) < 10


def _is_untyped(annotation: Any) -> bool:
    return get_origin(annotation) is UntypedStripeObject


def _inside(outer: str, key: str) -> str:
    return f"{outer}[{key}]" if outer else key
