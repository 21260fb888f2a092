"""The account's balance, and the ledger behind it.

https://docs.stripe.com/api/balance
"""

from collections import Counter

from local_stripe.call import Call
from local_stripe.implemented import only
from local_stripe.listing import page
from local_stripe.routing import Route
from local_stripe.store import Object

_KIND = "balance_transaction"
_LIST = ("created", "currency", "ending_before", "limit", "source", "starting_after", "type")
_HOME = "usd"  # the account's own currency, listed even when there is nothing


def retrieve(call: Call) -> Object:
    """What the account has now, and what is still on its way, in each currency."""
    nothing = [{"amount": 0, "currency": _HOME}]
    return {
        "object": "balance",
        "available": _funds(call, "available"),
        "livemode": False,
        "pending": _funds(call, "pending"),
        "refund_and_dispute_prefunding": {"available": nothing, "pending": nothing},
    }


def retrieve_transaction(call: Call) -> Object:
    """One entry of the ledger."""
    return call.store.require(_KIND, call.path["id"])


def index(call: Call) -> Object:
    """The entries of the ledger, newest first."""
    params = only(call.params, _LIST)
    wanted = {name: params[name] for name in ("currency", "source", "type") if params.get(name)}
    return page(call, _KIND, **wanted)


def _funds(call: Call, status: str) -> list[Object]:
    amounts = Counter({_HOME: 0})
    for entry in call.store.select(_KIND, status=status):
        amounts[entry["currency"]] += entry["net"]
    return [
        {"amount": amount, "currency": currency, "source_types": {"card": amount}}
        for currency, amount in sorted(amounts.items())
    ]


ROUTES = (
    Route("GET", "/v1/balance", retrieve, "BalanceRetrieveParams", "balance"),
    Route("GET", "/v1/balance_transactions", index, "BalanceTransactionListParams", "list"),
    Route(
        "GET",
        "/v1/balance_transactions/{id}",
        retrieve_transaction,
        "BalanceTransactionRetrieveParams",
        _KIND,
    ),
)
