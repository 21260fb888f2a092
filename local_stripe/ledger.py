"""The account's ledger: every movement of money is a balance transaction, the balance their sum.

https://docs.stripe.com/reports/balance-transaction-types
"""

from local_stripe import currencies
from local_stripe.call import Call
from local_stripe.store import Object, Store

_KIND = "balance_transaction"
_DAY = 86_400
_DAYS_PENDING = 7  # as a new account's money was recorded: until midnight UTC, seven days on


def fee(amount: int, currency: str) -> int:
    """What Stripe keeps of a charge of this amount, in minor units.

    2.9% + 30 cents (https://stripe.com/pricing), halves rounded up. Other currencies have the
    same percentage, and for the 30 cents the same share of their least charge. The ledger keeps
    each currency apart: there are no rates to convert at, and no surcharges.
    """
    return (amount * 29 + 500) // 1000 + currencies.minimum(currency) * 3 // 5


def charged(call: Call, charge: Object) -> Object:
    """Enter the captured amount of a charge, less the fee."""
    amount, currency = charge["amount_captured"], charge["currency"]
    return _enter(call, charge, amount, charge["description"], fee(amount, currency))


def refunded(call: Call, refund: Object, charge: Object) -> Object:
    """Enter a refund. Stripe keeps the charge's fee."""
    return _enter(call, refund, -refund["amount"], f"REFUND FOR CHARGE{_about(charge)}")


def refund_failed(call: Call, refund: Object, charge: Object) -> Object:
    """Enter the money of a refund that did not get through."""
    return _enter(
        call,
        refund,
        refund["amount"],
        f"REFUND FAILURE FOR CHARGE{_about(charge)}",
        type="refund_failure",
        category="refund_failure",
    )


def withdrawn(call: Call, dispute: Object) -> Object:
    """Enter what the bank takes back, and the fee for a dispute."""
    return _enter(
        call,
        dispute,
        -dispute["amount"],
        f"Chargeback withdrawal for {dispute['charge']}",
        currencies.minimum(dispute["currency"]) * 30,  # $15, and as much elsewhere
        "Dispute fee",
        type="adjustment",
    )


def reinstated(call: Call, dispute: Object) -> Object:
    """Enter what the bank gives back. Stripe keeps the fee (recorded)."""
    return _enter(
        call,
        dispute,
        dispute["amount"],
        f"Chargeback reversal for {dispute['charge']}",
        type="adjustment",
        category="dispute_reversal",
    )


def arrive(store: Store, now: int) -> None:
    """Money whose time has come becomes available. They come in the order of their entry."""
    table = store.table(_KIND)
    while pending := table.places(status="pending"):
        entry = table.row(pending[0])
        if entry["available_on"] > now:
            return
        available = store.put({**entry, "status": "available"})
        if dispute := store.get("dispute", entry["source"]):
            store.put(_showing(dispute, available))


def _showing(dispute: Object, entry: Object) -> Object:
    """The dispute, which shows its entries whole, with this one as it is by now."""
    entries = dispute["balance_transactions"]
    shown = [entry if old["id"] == entry["id"] else old for old in entries]
    return {**dispute, "balance_transactions": shown}


def _about(charge: Object) -> str:
    return f" ({charge['description']})" if charge["description"] else ""


def _enter(
    call: Call,
    source: Object,
    amount: int,
    description: str | None,
    fee: int = 0,
    fee_for: str = "Stripe processing fees",
    *,
    type: str | None = None,
    category: str | None = None,
) -> Object:
    """Of the source's type and category, unless others are named."""
    now, currency = call.clock.now(), source["currency"]
    return call.store.put(
        {
            "id": call.ids.new("txn", sibling=source["id"]),
            "object": _KIND,
            "amount": amount,
            "available_on": now - now % _DAY + _DAYS_PENDING * _DAY,
            "balance_type": "payments",
            "created": now,
            "currency": currency,
            "description": description,
            "exchange_rate": None,
            "fee": fee,
            "fee_details": [_fee_detail(fee, currency, fee_for)] if fee else [],
            "net": amount - fee,
            "reporting_category": category or source["object"],
            "source": source["id"],
            "status": "pending",
            "type": type or source["object"],
        }
    )


def _fee_detail(fee: int, currency: str, fee_for: str) -> Object:
    return {
        "amount": fee,
        "application": None,
        "currency": currency,
        "description": fee_for,
        "type": "stripe_fee",
    }
