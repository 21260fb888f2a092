"""Stripe's secrets in a text: `keys_in` finds what belongs in no repository, notebook or log.

The ready tools for this know live keys only, or have not been kept up. Stripe's prefixes are all it
takes; `pk_` is not among them, since every customer's browser gets that one.
https://docs.stripe.com/keys-best-practices
"""

import re

KEY = re.compile(r"\b(?:(?:sk|rk)_(?:live|test|org)|whsec)_\w{8,}")


def keys_in(text: str) -> list[str]:
    """Return each secret key, restricted key and signing secret, in the order of the text."""
    return KEY.findall(text)
