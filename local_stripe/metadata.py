"""Metadata: the merchant's own notes on an object.  https://docs.stripe.com/api/metadata"""

from local_stripe.errors import StripeError

MOST_KEYS = 50


def merge(current: dict[str, str], sent: dict[str, str] | None) -> dict[str, str]:
    """Keys not named stay, a key sent empty goes, and sending it all empty removes all.

    Raises StripeError if that makes too many keys.
    """
    if sent is None:
        return {}
    merged = {key: value for key, value in sorted({**current, **sent}.items()) if value != ""}
    if len(merged) > MOST_KEYS:
        raise StripeError(
            f"Metadata can have up to {MOST_KEYS} keys, but this would be {len(merged)}.",
            param="metadata",
        )
    return merged
