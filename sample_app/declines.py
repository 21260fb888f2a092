"""What to tell a customer whose card was declined.

Stripe's codes are for the shop: https://docs.stripe.com/declines/codes. Some of them (lost, stolen,
fraudulent) must not be told to whoever holds the card, so what is not in the table gets `UNSAID`.
"""

UNSAID = "Your bank declined this card. Please try another card, or ask your bank."
# The bank was to ask its customer first.
UNANSWERED = "Your bank still waits for your answer. Pay once more, and it will ask you again."

_TRY_LATER = "Your bank could not answer just now. Please try again in a few minutes."
_NUMBER = "The card number is not right. Please check it, or try another card."
_DATE = "The expiry date is not right. Please check it, or try another card."
_CODE = "The security code (CVC) is not right. Please check it, or try another card."
_LIMIT = "This payment is over the limit of your card. Please try another card, or ask your bank."

MESSAGES = {
    "authentication_required": (
        "Your bank wants to ask you first. "
        "Please pay on the page of your order, or try another card."
    ),
    "card_not_supported": "This card does not work here. Please try another card.",
    "card_velocity_exceeded": _LIMIT,
    "currency_not_supported": "This card does not pay in our currency. Please try another card.",
    "expired_card": "This card has expired. Please try another card.",
    "incorrect_cvc": _CODE,
    "incorrect_number": _NUMBER,
    "insufficient_funds": "There is not enough money on this card. Please try another card.",
    "invalid_cvc": _CODE,
    "invalid_expiry_month": _DATE,
    "invalid_expiry_year": _DATE,
    "invalid_number": _NUMBER,
    "issuer_not_available": _TRY_LATER,
    "payment_intent_authentication_failure": (
        "Your bank could not make sure that it was you. Please try again, or try another card."
    ),
    "processing_error": _TRY_LATER,
    "reenter_transaction": _TRY_LATER,
    "try_again_later": _TRY_LATER,
    "withdrawal_count_limit_exceeded": _LIMIT,
}


def message_for(code: str | None, decline_code: str | None) -> str:
    """Return a sentence for the customer, the more exact code first."""
    return MESSAGES.get(decline_code or "") or MESSAGES.get(code or "") or UNSAID
