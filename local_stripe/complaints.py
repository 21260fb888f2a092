"""Why a cardholder wants the money of a payment back, as the card's network puts it.

https://docs.stripe.com/disputes/categories
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Complaint:
    """One reason, in Stripe's words, with the network's code for it (recorded).

    inquiry: the bank only asks; no money moves unless it escalates
    """

    reason: str
    network_reason_code: str
    inquiry: bool = False


FRAUDULENT = Complaint("fraudulent", "10.4")
NOT_RECEIVED = Complaint("product_not_received", "13.1")
INQUIRY = Complaint("fraudulent", "10", inquiry=True)
