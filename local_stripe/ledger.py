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
    about = f" ({charge['description']})" if charge["description"] else ""
    return _enter(call, refund, -refund["amount"], f"REFUND FOR CHARGE{about}", 0)


def arrive(store: Store, now: int) -> None:
    """Money whose time has come becomes available. They come in the order of their entry."""
    table = store.table(_KIND)
    while pending := table.places(status="pending"):
        entry = table.row(pending[0])
        if entry["available_on"] > now:
            return
        store.put({**entry, "status": "available"})


def _enter(call: Call, source: Object, amount: int, description: str | None, fee: int) -> Object:
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
            "fee_details": [_fee_detail(fee, currency)] if fee else [],
            "net": amount - fee,
            "reporting_category": source["object"],
            "source": source["id"],
            "status": "pending",
            "type": source["object"],
        }
    )


def _fee_detail(fee: int, currency: str) -> Object:
    return {
        "amount": fee,
        "application": None,
        "currency": currency,
        "description": "Stripe processing fees",
        "type": "stripe_fee",
    }
