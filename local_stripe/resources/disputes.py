"""Disputes: the customer asked the bank for the money.  https://docs.stripe.com/api/disputes"""

from local_stripe import disputing, evidence, updates
from local_stripe.call import Call
from local_stripe.implemented import given, only
from local_stripe.listing import page
from local_stripe.routing import Route
from local_stripe.states import DISPUTE
from local_stripe.store import Object

_KIND = "dispute"
_LIST = ("charge", "created", "ending_before", "limit", "payment_intent", "starting_after")


def retrieve(call: Call) -> Object:
    """One dispute."""
    return call.store.require(_KIND, call.path["dispute"])


def update(call: Call) -> Object:
    """Note something about the dispute, or answer it: evidence is submitted unless told not to.

    Raises StripeError once the bank has the evidence, or has decided.
    """
    params = only(call.params, ("evidence", "metadata", "submit"))
    dispute = retrieve(call)
    DISPUTE.require("update", dispute)
    changed = {**dispute, "metadata": call.metadata(dispute["metadata"])}
    sent, submit = given(params, "evidence"), given(params, "submit")
    if sent is not None or submit:
        DISPUTE.require("submit", dispute)
    if sent is not None:
        changed = evidence.staged(changed, sent)
    if submit or (submit is None and sent is not None):
        changed = disputing.submitted(call, changed)
    return updates.record(call, "charge.dispute.updated", dispute, changed)


def close(call: Call) -> Object:
    """Accept the dispute. Raises StripeError for one that is under review or closed."""
    only(call.params, ())
    return disputing.close(call, retrieve(call))


def index(call: Call) -> Object:
    """Disputes, newest first."""
    params = only(call.params, _LIST)
    wanted = {name: params[name] for name in ("charge", "payment_intent") if params.get(name)}
    return page(call, _KIND, **wanted)


_ALL = "/v1/disputes"
_ONE = f"{_ALL}/{{dispute}}"

ROUTES = (
    Route("GET", _ALL, index, "DisputeListParams", "list"),
    Route("GET", _ONE, retrieve, "DisputeRetrieveParams", _KIND),
    Route("POST", _ONE, update, "DisputeUpdateParams", _KIND),
    Route("POST", f"{_ONE}/close", close, "DisputeCloseParams", _KIND),
)
