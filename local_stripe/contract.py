"""The installed SDK as the contract: its types say what a request may hold and an answer must."""

from typing import Any


def check_params(name: str, raw: dict[str, Any], *, older: bool = False) -> dict[str, Any]:
    """The request's parameters as the SDK's type `stripe.params.<name>` has them."""
    return raw


def check_object(body: Any) -> list[str]:
    """How an answer differs from the SDK's types; empty if it does not."""
    return []
