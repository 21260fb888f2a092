"""The statement: what the shop says of its money against Stripe's ledger, to the cent.

Each thing that moves money is claimed once by the shop: an order by its PaymentIntent, a refund and
a dispute by their ids. Each movement in the ledger goes to one line. So the lines come to the
balance, and whatever the two do not say alike has a name.
"""

import enum
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from sample_app.after_sales import NOT_GIVEN, Dispute, Refund
from sample_app.disputes import COURSE, SETTLED
from sample_app.ledger import Ledger, Movement
from sample_app.models import Order
from sample_app.order_status import OrderStatus


class Line(enum.StrEnum):
    """A line of the statement, in the order in which they are shown."""

    OPENING = "Balance before"
    PAYMENTS = "Paid orders"
    UNEXPECTED = "Payments for no order"
    REFUNDS = "Refunds"
    DISPUTES = "Disputes"
    EARLIER = "Of earlier payments"
    FRESH = "Not heard of yet"
    FEES = "Fees"
    EXCHANGED = "Exchanged"
    PAYOUTS = "Payouts"
    OTHER = "Other"
    BALANCE = "Balance"


# By Stripe's name for it; the rest is `OTHER`.
# https://docs.stripe.com/reports/reporting-categories
CATEGORIES = {
    "charge": Line.PAYMENTS,
    "charge_failure": Line.PAYMENTS,
    "refund": Line.REFUNDS,
    "refund_failure": Line.REFUNDS,
    "dispute": Line.DISPUTES,
    "dispute_reversal": Line.DISPUTES,
    "fee": Line.FEES,
    "payout": Line.PAYOUTS,
    "payout_reversal": Line.PAYOUTS,
}
ABOUT_ORDERS = {Line.PAYMENTS, Line.REFUNDS, Line.DISPUTES}
# On these, both have something to say.
COMPARED = {*ABOUT_ORDERS, Line.UNEXPECTED, Line.BALANCE}

# The bank has the money of these, or none was taken.
_NOT_WITHDRAWN = {*SETTLED, "prevented", *(s for s in COURSE if s.startswith("warning"))}


@dataclass(frozen=True)
class Claim:
    """What the shop says that moved: so much, for this order, at that time."""

    amount: int
    currency: str
    order_id: str
    made: datetime


@dataclass(frozen=True)
class Difference:
    """Something of which the shop says one amount, and Stripe another."""

    line: Line
    id: str
    currency: str
    shop: int
    stripe: int


Claims = dict[tuple[Line, str], Claim]
Sums = Counter[tuple[Line, str]]  # by line and currency
Amounts = Counter[tuple[Line, str, str]]  # of each thing: by line, its id and currency


@dataclass(frozen=True)
class Statement:
    """The two columns, and where they differ."""

    shop: Sums
    stripe: Sums
    differences: list[Difference]

    @property
    def currencies(self) -> list[str]:
        return sorted({currency for _, currency in (*self.shop, *self.stripe)})


def claims(session: Session) -> Claims:
    """Return what the shop says."""
    paid = select(Order.payment_intent_id, Order.amount, Order.currency, Order.id, Order.created_at)
    paid = paid.where(Order.status.in_([OrderStatus.PAID, OrderStatus.REFUNDED]))
    given = select(Refund.stripe_id, -Refund.amount, Order.currency, Order.id, Refund.created_at)
    given = given.join(Refund.order).where(
        Refund.status.not_in(NOT_GIVEN), Refund.stripe_id.is_not(None)
    )
    taken = select(
        Dispute.id, -Dispute.amount, Dispute.currency, Dispute.order_id, Dispute.opened_at
    )
    taken = taken.where(Dispute.status.not_in(_NOT_WITHDRAWN))
    queries = {Line.PAYMENTS: paid, Line.REFUNDS: given, Line.DISPUTES: taken}
    return {
        (line, id): Claim(*rest)
        for line, query in queries.items()
        for id, *rest in session.execute(query)
    }


def state(claims: Claims, ledger: Ledger, since: datetime | None = None) -> Statement:
    """Put the two side by side; `since` is where the ledger was opened, if not at its beginning.

    What was before that is one line, worked out from the balance: it proves nothing.
    """
    stripe, found = _sort(ledger, claims, since)
    seen = {(line, id) for line, id, _ in found}
    said = Amounts()
    for key, claim in claims.items():
        if since is None or key in seen or claim.made >= since:
            said[*key, claim.currency] += claim.amount
    shop = Sums()
    for (line, _, currency), amount in said.items():
        shop[line, currency] += amount
    for currency in {currency for _, currency in stripe} | set(ledger.balance):
        came_to = sum(amount for (_, of), amount in stripe.items() if of == currency)
        balance = ledger.balance.get(currency, 0)
        if since:
            stripe[Line.OPENING, currency] = balance - came_to
            came_to = balance
        shop[Line.BALANCE, currency] = said[Line.BALANCE, currency, currency] = came_to
        stripe[Line.BALANCE, currency] = found[Line.BALANCE, currency, currency] = balance
    return Statement(shop, stripe, list(_differences(said, found)))


def _sort(ledger: Ledger, claims: Claims, since: datetime | None) -> tuple[Sums, Amounts]:
    """What each line of the ledger comes to; and each thing on it that the shop knows of, too."""
    sums, found = Sums(), Amounts()
    for movement in ledger.movements:
        line = _line(movement, claims, since)
        sums[line, movement.stated_in] += movement.stated
        sums[Line.FEES, movement.currency] -= movement.fee
        if movement.currency != movement.stated_in:
            sums[Line.EXCHANGED, movement.stated_in] -= movement.stated
            sums[Line.EXCHANGED, movement.currency] += movement.amount
        if line in COMPARED:
            found[line, _name(line, movement), movement.stated_in] += movement.stated
    return sums, found


def _differences(said: Amounts, found: Amounts) -> Iterator[Difference]:
    for key in sorted({*said, *found}):
        if said[key] != found[key]:
            yield Difference(*key, shop=said[key], stripe=found[key])


def _line(movement: Movement, claims: Claims, since: datetime | None) -> Line:
    line = CATEGORIES.get(movement.category, Line.OTHER)
    if line not in ABOUT_ORDERS:
        return line
    if since and movement.made < since:
        return Line.EARLIER
    if movement.fresh and (line, _name(line, movement)) not in claims:
        return Line.FRESH
    return line if (Line.PAYMENTS, movement.payment) in claims else Line.UNEXPECTED


def _name(line: Line, movement: Movement) -> str:
    """What was refunded or disputed of a payment for no order belongs to that payment."""
    of_payment = line in {Line.PAYMENTS, Line.UNEXPECTED}
    return (movement.payment if of_payment else None) or movement.source
