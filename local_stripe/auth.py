"""API keys: who is asking, and may they?  https://docs.stripe.com/api/authentication"""

import base64

from local_stripe.errors import StripeError

SECRET_KEY = "sk_test_localStripeNotARealKey"  # noqa: S105 - a fixed key of a fake, for everybody
PUBLISHABLE_KEY = "pk_test_localStripeNotARealKey"
RESTRICTED_KEY = "rk_test_localStripeNotARealKey"  # may read everything, and change nothing


def authenticate(headers: dict[str, str], *, publishable: bool, reads: bool) -> str:
    """The key of the request, a bearer token or the user name of basic auth.

    `publishable` says that the endpoint also takes a publishable key, `reads` that the request
    changes nothing.
    Raises StripeError (401) for a missing, unknown or live key, or one of the wrong sort, and (403)
    for a restricted key that may not do this.
    """
    key = key_of(headers)
    if not key:
        raise _refusal(
            "You did not provide an API key. You need to provide your API key in the "
            "Authorization header, using Bearer auth (e.g. 'Authorization: Bearer "
            "YOUR_SECRET_KEY'). See https://stripe.com/docs/api#authentication for details, or "
            "we can help at https://support.stripe.com/."
        )
    if key == SECRET_KEY or (publishable and key == PUBLISHABLE_KEY):
        return key
    if key == RESTRICTED_KEY:
        if reads:
            return key
        # In words that people have shown (stripe-dotnet#884, stripe-node#2246).
        raise _refusal(
            f"The provided key '{_masked(key)}' does not have the required permissions for this "
            "endpoint on account 'acct_localStripe'. Having more permissions would allow this "
            "request to continue.",
            status=403,
        )
    if key == PUBLISHABLE_KEY:
        raise _refusal(
            "This API call cannot be made with a publishable API key. Please use a secret API "
            "key. You can find a list of your API keys at "
            "https://dashboard.stripe.com/account/apikeys.",
            code="secret_key_required",
        )
    raise _refusal(f"Invalid API Key provided: {_masked(key)}")


def key_of(headers: dict[str, str]) -> str:
    """The key as it was sent; empty without one."""
    scheme, _, credentials = headers.get("authorization", "").partition(" ")
    match scheme.lower():
        case "bearer":
            return credentials.strip()
        case "basic":
            try:
                return base64.b64decode(credentials).decode().partition(":")[0]
            except ValueError:  # not base64, or not UTF-8 in it
                return credentials.strip()
    return ""


def _masked(key: str) -> str:
    """The key as Stripe repeats it: enough to recognise, not enough to use."""
    if len(key) < 12:
        return key[:4] + "*" * (len(key) - 4)
    shown = 8 if key[2:3] == "_" else 4
    return key[:shown] + "*" * (len(key) - shown - 4) + key[-4:]


def _refusal(message: str, code: str | None = None, status: int = 401) -> StripeError:
    return StripeError(message, status=status, code=code)
