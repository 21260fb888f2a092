"""API versions, such as `2026-10-28.endive`.  https://docs.stripe.com/api/versioning"""

import re

import stripe

from local_stripe.errors import StripeError

CURRENT: str = stripe.api_version  # the version whose types the installed SDK carries
ACCOUNT_DEFAULT = "2026-08-26.dahlia"  # that of a request that names none

_VERSION = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(\.[a-z_]+)?")


def requested(headers: dict[str, str]) -> str:
    """The version the request asks for. Raises StripeError for one that is malformed."""
    version = headers.get("stripe-version", "")
    if not version:
        return ACCOUNT_DEFAULT
    if not _VERSION.fullmatch(version):
        raise StripeError(f"Invalid Stripe API version: {version}", logged=False)
    return version


def is_older(version: str) -> bool:
    """Whether requests of this version may use what the SDK's version no longer has."""
    return version[:10] < CURRENT[:10]
