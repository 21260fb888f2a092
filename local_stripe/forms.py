"""Form encoding as Stripe reads it: `metadata[order]=7&items[0][price]=price_1&expand[]=customer`.

https://docs.stripe.com/api#authentication: requests are form-encoded, answers are JSON.
"""

from typing import Any
from urllib.parse import unquote_plus

from local_stripe.errors import StripeError

Form = dict[str, Any]  # values: str, list or Form


def decode(text: str) -> Form:
    """The nested form of a query string or body. Raises StripeError for what is no form."""
    form: Form = {}
    for pair in text.split("&"):
        if pair:
            name, _, value = pair.partition("=")
            _insert(form, unquote_plus(name), unquote_plus(value))
    return form


def _insert(form: Form, name: str, value: str) -> None:
    if "[" not in name:
        form[name] = value
        return
    outer, *inner = name.replace("]", "").split("[")
    node = form
    for key in [outer, *inner][:-1]:
        child = node.setdefault(key, {})
        if not isinstance(child, dict):
            raise StripeError("Invalid object", param=outer)
        node = child
    last = inner[-1]
    node[last or str(len(node))] = value
