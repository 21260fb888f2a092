"""Form encoding as Stripe reads it: `metadata[order]=7&items[0][price]=price_1&expand[]=customer`.

Requests are form-encoded, answers are JSON: https://docs.stripe.com/api
"""

from itertools import pairwise
from typing import Any
from urllib.parse import unquote_plus

from local_stripe.errors import StripeError

Form = dict[str, Any]  # values: str or Form; a list is a Form with the keys "0", "1", …

DEEPEST = 32  # brackets in a name


def decode(encoded: str) -> Form:
    """The form of a query string or body; of a name sent twice the later value counts.

    `a[]` stands for the next index. In `a[][b]=1&a[][c]=2&a[][b]=3`, a key that the latest
    element has already begins the next one.
    Raises StripeError for what is not UTF-8, nests too deep, or is both a value and a form.
    """
    form: Form = {}
    for pair in encoded.split("&"):
        if pair:
            name, _, value = pair.partition("=")
            _insert(form, _unquoted(name), _unquoted(value))
    return form


def decode_bytes(encoded: bytes) -> Form:
    """The form of a request's body."""
    try:
        return decode(encoded.decode())
    except UnicodeDecodeError:
        raise _NOT_UTF_8 from None


def _unquoted(text: str) -> str:
    if "%" not in text and "+" not in text:
        return text
    try:
        return unquote_plus(text, errors="strict")
    except UnicodeDecodeError:
        raise _NOT_UTF_8 from None


def _insert(form: Form, name: str, value: str) -> None:
    keys = _keys(name)
    node = form
    for key, after in pairwise(keys):
        child = node.setdefault(key or _index(node, after), {})
        if not isinstance(child, dict):
            raise StripeError("Invalid object", param=keys[0])
        node = child
    last = keys[-1] or str(len(node))
    if isinstance(node.get(last), dict):
        raise StripeError(f"Invalid string: {name}", param=keys[0])
    node[last] = value


def _keys(name: str) -> list[str]:
    """`a[b][]` is a, b and an empty key; a name with other brackets is one key."""
    if not name.endswith("]") or "[" not in name:
        return [name]
    head, _, rest = name[:-1].partition("[")
    inner = rest.split("][")
    if not head or any("[" in key or "]" in key for key in [head, *inner]):
        return [name]
    if len(inner) > DEEPEST:
        raise StripeError(f"Parameters may be nested {DEEPEST} levels deep.", param=head)
    return [head, *inner]


def _index(node: Form, after: str) -> str:
    """Where `[][after]` goes: into the latest element, or into a new one if that has it."""
    latest = str(len(node) - 1)
    element = node.get(latest)
    if isinstance(element, dict) and after and after not in element:
        return latest
    return str(len(node))


_NOT_UTF_8 = StripeError("Invalid request: parameters must be encoded in UTF-8.")
