"""What a request may use: parameters that Stripe has and the local Stripe has not are refused."""

from collections.abc import Collection
from typing import Any

from local_stripe.errors import empty, not_implemented


def only(params: dict[str, Any], names: Collection[str]) -> dict[str, Any]:
    """The parameters, all of them among these. Raises StripeError for another, by its name."""
    for name in params:
        if name not in names:
            raise not_implemented(f"the parameter `{name}` here", param=name)
    return params


def given(params: dict[str, Any], name: str) -> Any:
    """The parameter, or None if it was not sent. Raises StripeError if it was sent empty."""
    value = params.get(name)
    if value is None and name in params:
        raise empty(name)
    return value
