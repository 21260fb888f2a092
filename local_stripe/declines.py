"""Why a bank refuses a card, and the error that tells.

https://docs.stripe.com/declines/codes
"""

from dataclasses import dataclass
from typing import Any

from local_stripe.errors import CardError, StripeError


@dataclass(frozen=True, slots=True)
class Decline:
    """Why a bank says no, in the words that Stripe passes on.

    network_decline_code is the network's own code: recorded for `generic_decline` and
    `expired_card`, ISO 8583's for the others. A `blocked` card never gets to the bank.
    """

    code: str
    decline_code: str
    message: str = "Your card was declined."
    network_decline_code: str | None = None
    advice_code: str | None = None
    network_advice_code: str | None = None
    param: str | None = None
    blocked: bool = False


GENERIC = Decline(
    "card_declined", "generic_decline", "Your card was declined.", "01", "try_again_later"
)
INSUFFICIENT_FUNDS = Decline(
    "card_declined",
    "insufficient_funds",
    "Your card has insufficient funds.",
    "51",
    "try_again_later",
)
LOST = Decline("card_declined", "lost_card", "Your card was declined.", "41", "do_not_try_again")
STOLEN = Decline(
    "card_declined", "stolen_card", "Your card was declined.", "43", "do_not_try_again"
)
EXPIRED = Decline(
    "expired_card",
    "expired_card",
    "Your card has expired.",
    "54",
    "confirm_card_data",
    "03",
    "exp_month",
)
INCORRECT_CVC = Decline(
    "incorrect_cvc",
    "incorrect_cvc",
    "Your card's security code is incorrect.",
    "82",
    "confirm_card_data",
    param="cvc",
)
PROCESSING_ERROR = Decline(
    "processing_error",
    "processing_error",
    "An error occurred while processing your card. Try again in a little bit.",
    "96",
    "try_again_later",
)
TOO_OFTEN = Decline(
    "card_declined",
    "card_velocity_exceeded",
    "Your card was declined for making repeated attempts too frequently or exceeding its amount "
    "limit.",
    "65",
    "try_again_later",
)
BLOCKED = Decline("card_declined", "fraudulent", blocked=True)
AUTHENTICATION_NOT_HANDLED = Decline(
    "authentication_required",
    "authentication_not_handled",
    "This payment required an authentication action to complete, but `error_on_requires_action` "
    "was set. When you're ready, you can upgrade your integration to handle actions at "
    "https://stripe.com/docs/payments/payment-intents/upgrade-to-handle-actions.",
)
AUTHENTICATION_REQUIRED = Decline(
    "authentication_required",
    "authentication_required",
    "Your card was declined. This transaction requires authentication.",
)


def refuse(decline: Decline, *, keep: bool = True, **fields: Any) -> CardError:
    """The error for a decline; `fields` name the charge, the intent and so on.

    `keep`: what the attempt left behind stays, such as a failed charge.
    """
    return CardError(
        decline.message,
        keep=keep,
        **{
            "advice_code": decline.advice_code,
            "code": decline.code,
            "decline_code": decline.decline_code,
            "network_advice_code": decline.network_advice_code,
            "network_decline_code": decline.network_decline_code,
            "param": decline.param,
            **fields,
        },
    )


def remembered(error: StripeError, **fields: Any) -> dict[str, Any]:
    """The error as an intent keeps it in `last_payment_error` or `last_setup_error`."""
    body = error.body("")["error"] | fields
    del body["request_log_url"]
    return {key: body[key] for key in sorted(body)}
