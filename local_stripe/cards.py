"""Stripe's test cards in one table: how each is called, and what happens when it pays.

The numbers and names are those of https://docs.stripe.com/testing. A card that Stripe has and the
local Stripe does not play is in `_LATER`, and is refused by name.
"""

import hashlib
import string
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from local_stripe import complaints, declines
from local_stripe.complaints import Complaint
from local_stripe.declines import Decline
from local_stripe.errors import not_implemented
from local_stripe.ids import ALPHABET

Challenge = Literal["never", "on_session", "always"]
Refunds = Literal["succeed", "stay_pending", "fail_later"]

# The brands, and how tokens and legacy cards write them.
BRANDS = {
    "visa": "Visa",
    "mastercard": "MasterCard",
    "amex": "American Express",
    "discover": "Discover",
    "diners": "Diners Club",
    "jcb": "JCB",
    "unionpay": "UnionPay",
}


@dataclass(frozen=True, slots=True)
class Card:
    """One test card.

    name: what follows `pm_card_` and `tok_`; a card without one is known by its number alone
    also: what further `tok_…` names go on with
    has_token: whether there is a `tok_…` name at all
    decline: what the bank says to a payment; None is a yes
    challenge: when the bank asks for 3D Secure: never, while the customer is there, or always
    attaches: whether a customer can save it
    complaints: what its owner says once the money is taken, each for an equal part of it
    fraud_warning: whether the bank reports the payment as fraud
    review: whether Stripe holds the payment to be risky, and asks somebody to look at it
    refunds: what becomes of them
    """

    number: str
    name: str = ""
    also: tuple[str, ...] = ()
    has_token: bool = True
    brand: str = "visa"
    funding: str = "credit"
    country: str = "US"
    decline: Decline | None = None
    challenge: Challenge = "never"
    three_d_secure: bool = True
    attaches: bool = True
    complaints: tuple[Complaint, ...] = ()
    fraud_warning: bool = False
    review: bool = False
    refunds: Refunds = "succeed"

    @property
    def last4(self) -> str:
        """The digits that may be shown."""
        return self.number[-4:]

    @property
    def payment_method(self) -> str | None:
        """`pm_card_visa`: the name that calls take in place of a PaymentMethod's id."""
        return f"pm_card_{self.name}" if self.name else None

    @property
    def tokens(self) -> tuple[str, ...]:
        """`tok_visa`: the names that calls take in place of a token's id."""
        names = (self.name, *self.also) if self.name and self.has_token else ()
        return tuple(f"tok_{name}" for name in names)

    @property
    def outcome(self) -> str:
        """What happens when it pays, as one line of a cheat sheet."""
        said = self.decline.message if self.decline else "The payment succeeds."
        saved = "" if self.attaches else " It cannot be saved."
        return f"{_CHALLENGES[self.challenge]}{said}{saved}{self._aftermath}"

    @property
    def _aftermath(self) -> str:
        return "".join(
            (
                _disputed(self.complaints),
                " Then the bank warns of fraud." if self.fraud_warning else "",
                " Then somebody is asked to review it." if self.review else "",
                _REFUNDS[self.refunds],
            )
        )


_CHALLENGES = {
    "never": "",
    "on_session": "Asks for 3D Secure while the customer is there; then: ",
    "always": "Asks for 3D Secure; then: ",
}
_REFUNDS = {
    "succeed": "",
    "stay_pending": " A refund is pending at first, then succeeds.",
    "fail_later": " A refund succeeds at first, then fails.",
}


def _disputed(complaints: tuple[Complaint, ...]) -> str:
    match complaints:
        case ():
            return ""
        case (Complaint(reason=reason, inquiry=True),):
            return f" Then the bank inquires about it: {reason}."
        case (Complaint(reason=reason),):
            return f" Then it is disputed: {reason}."
    return f" Then it is disputed in {len(complaints)} parts."


def _declining(number: str, name: str, decline: Decline, *also: str) -> Card:
    return Card(number, name, also, decline=decline, attaches=False)


def _challenging(
    number: str,
    name: str,
    country: str,
    *,
    challenge: Challenge = "always",
    decline: Decline | None = None,
    has_token: bool = False,
) -> Card:
    return Card(
        number,
        name,
        country=country,
        challenge=challenge,
        decline=decline,
        has_token=has_token,
    )


def _disputing(number: str, name: str, *said: Complaint) -> Card:
    return Card(number, name, (f"visa_{name}",), complaints=said)


CARDS: tuple[Card, ...] = (
    # by brand
    Card("4242424242424242", "visa"),
    Card("4000056655665556", "visa_debit", funding="debit"),
    Card("5555555555554444", "mastercard", brand="mastercard"),
    Card("2223003122003222", brand="mastercard"),
    Card("5200828282828210", "mastercard_debit", brand="mastercard", funding="debit"),
    Card("5105105105105100", "mastercard_prepaid", brand="mastercard", funding="prepaid"),
    Card("378282246310005", "amex", brand="amex", three_d_secure=False),
    Card("371449635398431", brand="amex", three_d_secure=False),
    Card("6011111111111117", "discover", brand="discover"),
    Card("3056930009020004", "diners", brand="diners"),
    Card("3566002020360505", "jcb", brand="jcb", country="JP"),
    Card("6200000000000005", "unionpay", brand="unionpay", country="CN"),
    # by country
    Card("4000000760000002", "br", country="BR"),
    Card("4000001240000000", "ca", country="CA"),
    Card("4000004840008001", "mx", country="MX"),
    Card("4000002760000016", "de", country="DE"),
    Card("4000002500000003", "fr", country="FR"),
    Card("4000008260000000", "gb", country="GB"),
    Card("4000003720000005", "ie", country="IE"),
    Card("4000000360000006", "au", country="AU"),
    Card("4000003920000003", "jp", country="JP"),
    # declined
    _declining("4000000000000002", "visa_chargeDeclined", declines.GENERIC, "chargeDeclined"),
    _declining(
        "4000000000009995",
        "visa_chargeDeclinedInsufficientFunds",
        declines.INSUFFICIENT_FUNDS,
        "chargeDeclinedInsufficientFunds",
    ),
    _declining("4000000000009987", "visa_chargeDeclinedLostCard", declines.LOST),
    _declining("4000000000009979", "visa_chargeDeclinedStolenCard", declines.STOLEN),
    _declining(
        "4000000000000069",
        "chargeDeclinedExpiredCard",
        declines.EXPIRED,
        "visa_chargeDeclinedExpiredCard",
    ),
    _declining(
        "4000000000000127",
        "chargeDeclinedIncorrectCvc",
        declines.INCORRECT_CVC,
        "visa_chargeDeclinedIncorrectCvc",
    ),
    _declining(
        "4000000000000119",
        "chargeDeclinedProcessingError",
        declines.PROCESSING_ERROR,
        "visa_chargeDeclinedProcessingError",
    ),
    _declining("4000000000006975", "visa_chargeDeclinedVelocityLimitExceeded", declines.TOO_OFTEN),
    Card(
        "4000000000000341",
        "chargeCustomerFail",
        ("visa_chargeCustomerFail",),
        decline=declines.GENERIC,
    ),
    Card(
        "4100000000000019",
        "radarBlock",
        ("chargeDeclinedFraudulent",),
        decline=declines.BLOCKED,
    ),
    Card("4000000000004954", "riskLevelHighest", decline=declines.BLOCKED),
    # 3D Secure
    _challenging("4000000000003220", "threeDSecure2Required", "IE", has_token=True),
    _challenging(
        "4000008400001629",
        "threeDSecureRequiredChargeDeclined",
        "US",
        decline=declines.GENERIC,
        has_token=True,
    ),
    _challenging("4000002760003184", "authenticationRequired", "DE"),
    _challenging("4000002500003155", "authenticationRequiredOnSetup", "FR"),
    _challenging(
        "4000003800000446",
        "authenticationRequiredSetupForOffSession",
        "IT",
        challenge="on_session",
    ),
    _challenging(
        "4000008260003178",
        "authenticationRequiredChargeDeclinedInsufficientFunds",
        "GB",
        decline=declines.INSUFFICIENT_FUNDS,
    ),
    Card("4000000000003055", "threeDSecureOptional"),
    # disputed, or reported as fraud
    _disputing("4000000000000259", "createDispute", complaints.FRAUDULENT),
    _disputing("4000000000002685", "createDisputeProductNotReceived", complaints.NOT_RECEIVED),
    _disputing("4000000000001976", "createDisputeInquiry", complaints.INQUIRY),
    _disputing(
        "4000000404000079",
        "createMultipleDisputes",
        complaints.FRAUDULENT,
        complaints.FRAUDULENT,
    ),
    Card(
        "4000000000005423",
        "createIssuerFraudRecord",
        ("visa_createIssuerFraudRecord",),
        fraud_warning=True,
    ),
    # reviewed
    Card("4000000000009235", "riskLevelElevated", review=True),
    # refunded later
    Card("4000000000007726", "pendingRefund", ("visa_pendingRefund",), refunds="stay_pending"),
    Card("4000000000005126", "refundFail", ("visa_refundFail",), refunds="fail_later"),
)

# What these would start is not played: (number, name after `pm_card_` and `tok_`, what).
_LATER = (
    ("4000000000000101", "cvcCheckFail", "risk rules"),
    ("4000000000000036", "avsZipFail", "risk rules"),
    ("4000000000000028", "avsLine1Fail", "risk rules"),
    ("4000000000000010", "avsFail", "risk rules"),
    ("4000000000000044", "avsUnchecked", "risk rules"),
    ("4000000000000077", "bypassPending", "funds that skip the pending balance"),
    ("4000003720000278", "bypassPendingInternational", "funds that skip the pending balance"),
    ("4000008400001280", "threeDSecureRequiredProcessingError", "3D Secure that breaks down"),
    ("4000000000003097", "threeDSecureOptionalProcessingError", "3D Secure that breaks down"),
)

_BY_NAME = {
    name: card
    for card in CARDS
    for name in (card.number, card.payment_method, *card.tokens)
    if name
}
_BY_NAME["pm_card_chargeDeclined"] = _BY_NAME["tok_chargeDeclined"]  # as Stripe's CLI calls it
_LATER_BY_NAME = {
    name: what
    for number, base, what in _LATER
    for name in (number, f"pm_card_{base}", f"tok_{base}", f"tok_visa_{base}")
}


def find(name: str) -> Card | None:
    """The card of this number, `pm_card_…` or `tok_…`; None if Stripe has no such test card.

    Raises StripeError for one that Stripe has and the local Stripe does not play.
    """
    if what := _LATER_BY_NAME.get(name):
        raise not_implemented(f"{what}, which the test card {name} is for")
    return _BY_NAME.get(name)


def fingerprint(card: Card) -> str:
    """The same 16 characters for the same card number, whatever it was made from."""
    return digest(card.number, ALPHABET, 16)


def network_transaction_id(card: Card) -> str:
    """The network's number for the card's payments: recorded as one for each card."""
    return digest(card.number, string.digits, 15)


def behind(charge: dict[str, Any]) -> Card:
    """The card that a charge by card was made with."""
    return _by_fingerprint()[charge["payment_method_details"]["card"]["fingerprint"]]


@cache
def _by_fingerprint() -> dict[str, Card]:
    return {fingerprint(card): card for card in CARDS}


@cache
def digest(number: str, alphabet: str, length: int) -> str:
    """The same characters for the same number."""
    digest = hashlib.sha256(number.encode()).digest()
    return "".join(alphabet[byte % len(alphabet)] for byte in digest[:length])
