"""Stripe's ledger: every movement of money on the shop's account, and the balance that it makes.

https://docs.stripe.com/reports/balance-transaction-types
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import stripe

from sample_app import metadata

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
    order_id: the order that it names, if any
    fresh: it came while the shop was being mended, which may not have heard of it yet
    """

    id: str
    category: str
    amount: int
    currency: str
    fee: int
    stated: int
    stated_in: str
    source: str
    made: datetime
    payment: str | None = None
    order_id: str = ""
    fresh: bool = False


@dataclass(frozen=True)
class Ledger:
    """The movements, newest first, and by currency what is on the account after them."""

    movements: list[Movement]
    balance: dict[str, int]


def read(
    client: stripe.StripeClient, since: datetime | None, seen: Callable[[str, int], None]
) -> list[Movement]:
    """Return all that moved `since` then; `seen` is told how many entries came, page by page.

    Raises `stripe.StripeError`.
    """
    movements = []
    for entry in _entries(client, _params(since)):
        movements.append(_movement(entry))
        if len(movements) % PAGE_SIZE == 0:
            seen("entries of the ledger", len(movements))
    return movements


def catch_up(
    client: stripe.StripeClient, since: datetime | None, movements: list[Movement]
) -> Ledger:
    """Return these movements with those that came since they were read, and the balance after all.

    A shop sells on meanwhile: so first the balance is asked for, then what is new, until nothing
    is. Raises `stripe.StripeError`.
    """
    for _ in range(LOOKS):
        held: Counter[str] = Counter()
        balance = client.v1.balance.retrieve()
        for fund in [*balance.available, *balance.pending]:
            held[fund.currency] += fund.amount
        newest = {"ending_before": movements[0].id} if movements else {}
        # In this direction, the SDK gives the oldest first.
        newer = [
            _movement(entry, fresh=True) for entry in _entries(client, _params(since) | newest)
        ]
        if not newer:
            break
        movements = [*(newer[::-1] if newest else newer), *movements]
    return Ledger(movements, dict(held))


def made(since: datetime | None) -> dict[str, Any]:
    """The parameter of each of Stripe's lists that leaves out what is older."""
    return {"created": {"gte": int(since.timestamp())}} if since else {}


def _params(since: datetime | None) -> dict[str, Any]:
    return {"limit": PAGE_SIZE, "expand": ["data.source"], **made(since)}


def _entries(client: stripe.StripeClient, params: Any) -> Iterator[stripe.BalanceTransaction]:
    return iter(client.v1.balance_transactions.list(params).auto_paging_iter())


def _movement(entry: stripe.BalanceTransaction, *, fresh: bool = False) -> Movement:
    source: Any = entry.source
    exchanged = getattr(source, "currency", entry.currency) != entry.currency
    sign = 1 if entry.amount >= 0 else -1
    return Movement(
        id=entry.id,
        category=entry.reporting_category,
        amount=entry.amount,
        currency=entry.currency,
        fee=entry.fee,
        stated=sign * source.amount if exchanged else entry.amount,
        stated_in=source.currency if exchanged else entry.currency,
        source=getattr(source, "id", entry.id),
        made=datetime.fromtimestamp(getattr(source, "created", entry.created), UTC),
        payment=getattr(source, "payment_intent", None),
        order_id=metadata.order_id(source),
        fresh=fresh,
    )
