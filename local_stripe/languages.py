"""The languages that Stripe's pages speak: English, and those that `pages/words` has a table of.

https://docs.stripe.com/js/appendix/supported_locales
"""

from pathlib import Path

from local_stripe.errors import not_one_of

_FILES = {file.stem: file for file in Path(__file__).parent.glob("pages/words/*.json")}
TABLES = dict(sorted(_FILES.items()))  # a region comes after its language
_KNOWN = sorted(["auto", "en", *TABLES])


def known(locale: str | None) -> str | None:
    """The page's language, as an IETF tag; `auto` and None are the browser's.

    Raises StripeError for one that Checkout does not speak.
    """
    if locale is not None and locale not in _KNOWN:
        raise not_one_of("locale", _KNOWN)
    return locale
