"""Stripe's ledger: every movement of money on the shop's account, and the balance that it makes.

https://docs.stripe.com/reports/balance-transaction-types
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import stripe

PAGE_SIZE = 100  # the most that Stripe gives
LOOKS = 10


@dataclass(frozen=True)
class Movement:
    """One entry, in minor units.

    category: what Stripe calls it in its reports
    amount, currency: what it changed, before the fee
    stated, stated_in: the same in the currency of the payment, if Stripe exchanged it
    source: the id of the charge, refund, dispute or payout
    made: when that began
    payment: the PaymentIntent that it is about
    order_id: the order that it names
    """

    category: str
    amount: int
    currency: str
    fee: int
    stated: int
    stated_in: str
    source: str
    made: datetime
    payment: str | None = None
    order_id: str | None = None


@dataclass(frozen=True)
class Ledger:
    """The movements, newest first, and by currency what is on the account after them."""

    movements: list[Movement]
    balance: dict[str, int]


def read(
    client: stripe.StripeClient, since: datetime | None, seen: Callable[[str, int], None]
) -> Ledger:
    """Return all that moved `since` then; `seen` is told how many entries came, page by page.

    The shop goes on selling meanwhile: so, when all are read, the balance is asked for and then
    what came before it, until nothing did. Raises `stripe.StripeError`.
    """
    params: dict[str, Any] = {"limit": PAGE_SIZE, "expand": ["data.source"]}
    if since:
        params["created"] = {"gte": int(since.timestamp())}
    entries = list(_entries(client, params, seen))
    for _ in range(LOOKS):
        balance = client.v1.balance.retrieve()
        newest = {"ending_before": entries[0].id} if entries else {}
        newer = list(_entries(client, params | newest, seen))
        if not newer:
            break
        entries = newer[::-1] + entries
    held: Counter[str] = Counter()
    for fund in [*balance.available, *balance.pending]:
        held[fund.currency] += fund.amount
    return Ledger([_movement(entry) for entry in entries], dict(held))


def _entries(
    client: stripe.StripeClient, params: Any, seen: Callable[[str, int], None]
) -> Iterator[stripe.BalanceTransaction]:
    """Newest first; those before a cursor come in the order in which they were made."""
    number = 0
    for entry in client.v1.balance_transactions.list(params).auto_paging_iter():
        yield entry
        number += 1
        if number % PAGE_SIZE == 0:
            seen("entries of the ledger", number)
    if number % PAGE_SIZE:
        seen("entries of the ledger", number)


def _movement(entry: stripe.BalanceTransaction) -> Movement:
    source: Any = entry.source
    exchanged = getattr(source, "currency", entry.currency) != entry.currency
    sign = 1 if entry.amount >= 0 else -1
    metadata = getattr(source, "metadata", None)
    return Movement(
        category=entry.reporting_category,
        amount=entry.amount,
        currency=entry.currency,
        fee=entry.fee,
        stated=sign * source.amount if exchanged else entry.amount,
        stated_in=source.currency if exchanged else entry.currency,
        source=getattr(source, "id", entry.id),
        made=datetime.fromtimestamp(getattr(source, "created", entry.created), UTC),
        payment=getattr(source, "payment_intent", None),
        order_id=metadata.to_dict().get("order_id") if metadata else None,
    )
