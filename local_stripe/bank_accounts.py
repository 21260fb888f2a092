"""Stripe's test bank accounts in one table: what happens, days later, to a debit from each.

https://docs.stripe.com/payments/ach-direct-debit/accept-a-payment#test-account-numbers
https://docs.stripe.com/payments/sepa-debit/accept-a-payment#test-integration

Every account counts as verified. Mandates are asked for as Stripe asks, and not kept.
"""

import re
from dataclasses import dataclass
from typing import Any

from local_stripe.cards import digest
from local_stripe.errors import StripeError, missing, not_implemented
from local_stripe.ids import ALPHABET
from local_stripe.store import Object

ROUTING_NUMBER = "110000000"
_NAMED = "pm_usBankAccount_"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a bank did not pay: the charge's `failure_code` and `failure_message`."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class BankAccount:
    """One test account.

    number: the account number or, for `sepa_debit`, the IBAN
    name: what follows `pm_usBankAccount_`
    failure: why the debit fails; None is a yes
    settles: whether the bank ever says anything
    """

    number: str
    name: str = ""
    failure: Failure | None = None
    settles: bool = True

    @property
    def type(self) -> str:
        """The type of a PaymentMethod for it."""
        return "sepa_debit" if self.number[0].isalpha() else "us_bank_account"


_CLOSED = Failure("account_closed", "The customer's bank account has been closed.")
_NONE = Failure("no_account", "The customer's bank account could not be located.")
_EMPTY = Failure("insufficient_funds", "The customer's account has insufficient funds.")
_FORBIDDEN = Failure("debit_not_authorized", "The customer has not authorized this debit.")
_CURRENCY = Failure(
    "payment_method_currency_mismatch", "The bank account cannot process this currency."
)
_TOO_MUCH = Failure(
    "charge_exceeds_source_limit", "The payment exceeds the account's weekly payment volume limit."
)
_REFUSED = Failure("payment_method_provider_decline", "The payment could not be processed.")

ACCOUNTS = (
    BankAccount("000123456789", "success"),
    BankAccount("000111111113", "accountClosed", _CLOSED),
    BankAccount("000111111116", "noAccount", _NONE),
    BankAccount("000222222227", "insufficientFunds", _EMPTY),
    BankAccount("000333333335", "debitNotAuthorized", _FORBIDDEN),
    BankAccount("000444444440", "invalidCurrency", _CURRENCY),
    BankAccount("000777777771", "weeklyLimitExceeded", _TOO_MUCH),
    BankAccount("000000000009", "processing", settles=False),
    BankAccount("AT611904300234573201"),
    BankAccount("AT321904300235473204"),
    BankAccount("AT861904300235473202", failure=_REFUSED),
    BankAccount("AT981904300002222227", failure=_EMPTY),
    BankAccount("DE89370400440532013000"),
    BankAccount("DE62370400440532013001", failure=_REFUSED),
    BankAccount("IT60X0542811101000000123456", failure=_REFUSED),  # the one of Stripe's CLI
)
# What these would start is not played: (number, name, what).
_LATER = (
    ("000555555559", "dispute", "disputed debits"),
    ("AT591904300235473203", "", "disputed debits"),
    ("000666666661", "failMicrodeposits", "verification by microdeposits"),
)

_BY_NAME = {
    name: account
    for account in ACCOUNTS
    for name in (account.number, account.name and _NAMED + account.name)
    if name
}
_LATER_BY_NAME = {
    name: what for number, base, what in _LATER for name in (number, base and _NAMED + base) if name
}


def find(name: str) -> BankAccount | None:
    """The account of this number or `pm_usBankAccount_…`; None if Stripe has no such test account.

    Raises StripeError for one that Stripe has and the local Stripe does not play.
    """
    if what := _LATER_BY_NAME.get(name):
        raise not_implemented(f"{what}, which the test account {name} is for")
    return _BY_NAME.get(name)


def read(type: str, typed: Object, billing: Object) -> tuple[BankAccount, Object]:
    """The test account, and how a PaymentMethod shows it.

    Raises StripeError for what is missing, and for an account that may be real.
    """
    for name in _OWNER[type]:
        if not billing.get(name):
            raise missing(f"billing_details[{name}]")
    return _READ[type](typed)


def show_us(account: BankAccount, holder: str = "individual", kind: str = "checking") -> Object:
    """An account in the United States."""
    return {
        "account_holder_type": holder,
        "account_type": kind,
        "bank_name": "STRIPE TEST BANK",
        "financial_connections_account": None,
        "fingerprint": digest(account.number, ALPHABET, 16),
        "last4": account.number[-4:],
        "networks": {"preferred": "ach", "supported": ["ach"]},
        "routing_number": ROUTING_NUMBER,
        "status_details": {},
    }


def _read_us(typed: Object) -> tuple[BankAccount, Object]:
    if "financial_connections_account" in typed:
        raise not_implemented("Financial Connections", "us_bank_account")
    for name in ("account_holder_type", "account_number", "routing_number"):
        if not typed.get(name):
            raise missing(f"us_bank_account[{name}]")
    if typed["routing_number"] != ROUTING_NUMBER:
        raise _unknown("routing number", ROUTING_NUMBER, "routing_number", "routing_number_invalid")
    account = find(typed["account_number"])
    if account is None or account.type != "us_bank_account":
        raise _unknown(
            "bank account number", ACCOUNTS[0].number, "account_number", "account_number_invalid"
        )
    kind = typed.get("account_type") or "checking"
    return account, show_us(account, typed["account_holder_type"], kind)


def _read_sepa(typed: Object) -> tuple[BankAccount, Object]:
    iban = re.sub(r"\s", "", typed.get("iban") or "").upper()
    if not iban:
        raise missing("sepa_debit[iban]")
    account = find(iban)
    if account is None or account.type != "sepa_debit":
        raise StripeError(
            "The IBAN you provided is invalid.",
            code="invalid_bank_account_iban",
            param="sepa_debit[iban]",
        )
    return account, {
        "bank_code": iban[_BANK_CODE[iban[:2]]],
        "branch_code": None,
        "country": iban[:2],
        "fingerprint": digest(iban, ALPHABET, 16),
        "generated_from": {"charge": None, "setup_attempt": None},
        "last4": iban[-4:],
    }


def _unknown(what: str, example: str, name: str, code: str) -> StripeError:
    return StripeError(
        f"You must use a test {what} when making payments in test mode. Try {example} or find "
        "more options at https://docs.stripe.com/testing.",
        code=code,
        param=f"us_bank_account[{name}]",
    )


# Where an IBAN holds the number of the bank, by country.
_BANK_CODE = {"AT": slice(4, 9), "DE": slice(4, 12), "IT": slice(5, 10)}
_READ: dict[str, Any] = {"us_bank_account": _read_us, "sepa_debit": _read_sepa}
# What must be known of an account's owner.
_OWNER = {"us_bank_account": ("name",), "sepa_debit": ("name", "email")}
