"""What a real account has switched on or off."""

from dataclasses import dataclass


@dataclass(slots=True)
class Policies:
    """An account's switches; the defaults are those of an account opened today.

    raw_card_numbers: card numbers may be sent to the API (https://docs.stripe.com/testing)
    token_charges: legacy charges may be made from card tokens
    """

    raw_card_numbers: bool = False
    token_charges: bool = False
