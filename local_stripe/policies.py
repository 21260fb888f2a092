"""What a real account has switched on or off."""

from dataclasses import dataclass


@dataclass(slots=True)
class Policies:
    """An account's switches; the defaults are those of an account opened today.

    raw_card_numbers: card numbers may be sent to the API (https://docs.stripe.com/testing)
    token_charges: legacy charges may be made from card tokens
    card_testing_block: who has card after card declined is blocked (see `card_testing`)
    """

    raw_card_numbers: bool = False
    token_charges: bool = False
    card_testing_block: bool = False
