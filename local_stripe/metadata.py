"""Metadata: the merchant's own notes on an object.  https://docs.stripe.com/api/metadata"""


def merge(current: dict[str, str], sent: dict[str, str] | None) -> dict[str, str]:
    """Keys not named stay, a key sent empty goes, and sending it all empty removes all."""
    if sent is None:
        return {}
    merged = {**current, **sent}
    return {key: value for key, value in merged.items() if value != ""}
