"""Early fraud warnings.  https://docs.stripe.com/api/radar/early_fraud_warnings"""

from local_stripe.call import Call
from local_stripe.fraud_warnings import KIND
from local_stripe.implemented import only
from local_stripe.listing import page
from local_stripe.routing import Route
from local_stripe.store import Object

_LIST = ("charge", "created", "ending_before", "limit", "payment_intent", "starting_after")


def retrieve(call: Call) -> Object:
    """One warning."""
    return call.store.require(KIND, call.path["early_fraud_warning"])


def index(call: Call) -> Object:
    """Warnings, newest first."""
    params = only(call.params, _LIST)
    wanted = {name: params[name] for name in ("charge", "payment_intent") if params.get(name)}
    return page(call, KIND, **wanted)


_ALL = "/v1/radar/early_fraud_warnings"

ROUTES = (
    Route("GET", _ALL, index, "radar.EarlyFraudWarningListParams", "list"),
    Route(
        "GET",
        f"{_ALL}/{{early_fraud_warning}}",
        retrieve,
        "radar.EarlyFraudWarningRetrieveParams",
        KIND,
    ),
)
