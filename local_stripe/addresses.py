"""Web and e-mail addresses in parameters: those that cannot be any are refused."""

import re
from urllib.parse import urlsplit

from local_stripe.errors import StripeError

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


def web(url: str | None, param: str) -> str:
    """The URL; test mode takes plain HTTP too. Raises StripeError for what is none."""
    try:
        parts = urlsplit(url or "")
        valid = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        valid = False
    if not valid or url is None:
        raise StripeError("Not a valid URL", code="url_invalid", param=param)
    return url


def email(address: str, param: str) -> str:
    """The e-mail address. Raises StripeError for what is none."""
    if not _EMAIL.fullmatch(address):
        raise StripeError(f"Invalid email address: {address}", code="email_invalid", param=param)
    return address
