"""Reviews of payments that look risky.  https://docs.stripe.com/api/radar/reviews"""

from local_stripe import reviews
from local_stripe.call import Call
from local_stripe.errors import StripeError
from local_stripe.implemented import only
from local_stripe.listing import page
from local_stripe.reviews import KIND
from local_stripe.routing import Route
from local_stripe.store import Object


def retrieve(call: Call) -> Object:
    """One review, open or closed."""
    return call.store.require(KIND, call.path["review"])


def index(call: Call) -> Object:
    """The reviews that are open, newest first."""
    only(call.params, ("created", "ending_before", "limit", "starting_after"))
    return page(call, KIND, open=True)


def approve(call: Call) -> Object:
    """Somebody has looked, and the payment is fine. Raises StripeError for one that is closed."""
    review = retrieve(call)
    if not review["open"]:
        raise StripeError("This review is closed already.")
    return reviews.close(call, review, "approved")


_ALL = "/v1/reviews"
_ONE = f"{_ALL}/{{review}}"

ROUTES = (
    Route("GET", _ALL, index, "ReviewListParams", "list"),
    Route("GET", _ONE, retrieve, "ReviewRetrieveParams", KIND),
    Route("POST", f"{_ONE}/approve", approve, "ReviewApproveParams", KIND),
)
