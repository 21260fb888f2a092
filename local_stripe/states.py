"""The lives of a payment, as tables: what may be done in which state, and what follows.

The code obeys these tables, its refusals quote them, and a lesson can draw them:
`for action, before, after in PAYMENT_INTENT.moves(): ...`

https://docs.stripe.com/payments/paymentintents/lifecycle
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from local_stripe.errors import unexpected_state
from local_stripe.store import Object


@dataclass(frozen=True, slots=True)
class Machine:
    """What may happen to one kind of object.

    births: the states in which it can begin
    table: for each action the states it may start from, and where each can lead
    refusals: for each action what Stripe says in any other state; `{status}`, `{statuses}` and
        `{param}` are filled in. "action status" stands before "action".
    state: where an object is in its life
    """

    births: tuple[str, ...]
    table: Mapping[str, Mapping[str, tuple[str, ...]]]
    refusals: Mapping[str, str]
    state: Callable[[Object], str] = itemgetter("status")

    def allows(self, action: str, obj: Object) -> bool:
        """Whether this may be done to the object now."""
        return self.state(obj) in self.table[action]

    def require(self, action: str, obj: Object, param: str | None = None) -> None:
        """Raises StripeError (400) where the table does not allow the action.

        `param` is the field that somebody tried to change.
        """
        if self.allows(action, obj):
            return
        status = self.state(obj)
        words = self.refusals.get(f"{action} {status}") or self.refusals[action]
        statuses = ", ".join(self.table[action])
        raise unexpected_state(
            words.format(status=status, statuses=statuses, param=param), obj, param
        )

    def outcome(self, action: str, obj: Object) -> str:
        """The state that the action leads to from here, where the table has one only."""
        (after,) = self.table[action][self.state(obj)]
        return after

    def move(self, action: str, obj: Object, **changes: Any) -> Object:
        """The object after the action, with these changes.

        Raises ValueError for a state that the table does not have: an error of ours.
        """
        after = {**obj, **changes}
        if self.state(after) not in self.table[action].get(self.state(obj), ()):
            raise ValueError(f"{action}: {self.state(obj)} does not lead to {self.state(after)}")
        return after

    def moves(self) -> Iterator[tuple[str, str | None, str]]:
        """Every possible (action, from, to) of an object's life; it begins from None."""
        for birth in self.births:
            yield "create", None, birth
        reached = {*self.births, *self._targets()}
        for action, row in self.table.items():
            for before, afters in row.items():
                if before in reached:
                    yield from ((action, before, after) for after in afters)

    def _targets(self) -> Iterator[str]:
        for row in self.table.values():
            for afters in row.values():
                yield from afters


_OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")
_UPDATE = {
    "requires_payment_method": ("requires_payment_method", "requires_confirmation"),
    "requires_confirmation": ("requires_confirmation", "requires_payment_method"),
    "requires_action": ("requires_action", "requires_confirmation", "requires_payment_method"),
}
_ATTEMPT = (
    "succeeded", "processing", "requires_capture", "requires_action", "requires_payment_method",
)  # fmt: skip
_CANCELED = ("canceled",)
_CHALLENGE_OVER = "This challenge is over: the intent has a status of {status}."

PAYMENT_INTENT = Machine(
    births=("requires_payment_method", "requires_confirmation"),
    table={
        "update": _UPDATE,
        "confirm": dict.fromkeys(_OPEN, _ATTEMPT),
        "authenticate": {
            "requires_action": ("succeeded", "requires_capture", "requires_payment_method")
        },
        "settle": {"processing": ("succeeded", "requires_payment_method")},
        "capture": {"requires_capture": ("succeeded",)},
        "expire": {"requires_capture": ("canceled",)},
        # Stripe's refusal names two states that no PaymentIntent of ours gets into.
        "cancel": dict.fromkeys(
            (
                "requires_payment_method",
                "requires_capture",
                "requires_reauthorization",
                "requires_confirmation",
                "requires_action",
                "expired",
                "processing",
            ),
            _CANCELED,
        ),
    },
    refusals={
        "update": "This PaymentIntent's {param} could not be updated because it has a status of "
        "{status}. You may only update the {param} of a PaymentIntent with one of the following "
        "statuses: {statuses}.",
        "confirm succeeded": "You cannot confirm this PaymentIntent because it has already "
        "succeeded after being previously confirmed.",
        "confirm": "You cannot confirm this PaymentIntent because it has a status of {status}. "
        "Only a PaymentIntent with one of the following statuses may be confirmed: {statuses}.",
        "authenticate": _CHALLENGE_OVER,
        "capture succeeded": "This PaymentIntent could not be captured because it has already "
        "been captured.",
        "capture": "This PaymentIntent could not be captured because it has a status of {status}. "
        "Only a PaymentIntent with one of the following statuses may be captured: {statuses}.",
        "cancel": "You cannot cancel this PaymentIntent because it has a status of {status}. Only "
        "a PaymentIntent with one of the following statuses may be canceled: {statuses}.",
    },
)

SETUP_INTENT = Machine(
    births=("requires_payment_method", "requires_confirmation"),
    table={
        "update": _UPDATE,
        "confirm": dict.fromkeys(
            _OPEN, ("succeeded", "requires_action", "requires_payment_method")
        ),
        "authenticate": {"requires_action": ("succeeded", "requires_payment_method")},
        "cancel": dict.fromkeys(_OPEN, _CANCELED),
    },
    refusals={
        "update succeeded": "You cannot update this SetupIntent because it has already succeeded.",
        "update": "You cannot update this SetupIntent because it has been canceled.",
        "confirm succeeded": "You cannot confirm this SetupIntent because it has already "
        "succeeded.",
        "confirm": "You cannot confirm this SetupIntent because it has been canceled.",
        "authenticate": _CHALLENGE_OVER,
        "cancel succeeded": "You cannot cancel this SetupIntent because it has a status of "
        "succeeded. Only a SetupIntent with one of the following statuses may be canceled: "
        "`requires_payment_method`, `requires_confirmation`, or `requires_action`.",
        "cancel": "You cannot cancel this SetupIntent because it is already canceled.",
    },
)


def _charge_state(charge: Object) -> str:
    """Where a charge is in its life: its `status` alone does not tell."""
    if charge["status"] in ("failed", "pending"):
        return str(charge["status"])
    if charge["refunded"]:
        return "refunded"
    return "captured" if charge["captured"] else "authorized"


CHARGE = Machine(
    births=("authorized", "captured", "pending", "failed"),
    table={
        "settle": {"pending": ("captured", "failed")},
        "capture": {"authorized": ("captured",)},
        "refund": {"captured": ("captured", "refunded")},
        # a refund that fails later leaves the money here
        "refund_fails": {"captured": ("captured",), "refunded": ("captured",)},
        "expire": {"authorized": ("refunded",)},
        "release": {"authorized": ("refunded",)},  # a hold that is let go counts as refunded
    },
    refusals={},
    state=_charge_state,
)

# Refunds to cards: nobody can cancel them, unlike those that wait for the customer.
REFUND = Machine(
    births=("succeeded", "pending"),
    table={
        "settle": {"pending": ("succeeded",)},
        "fail": {"succeeded": ("failed",)},  # days later, if the bank sends it back
    },
    refusals={},
)

_REVIEW = {"needs_response": "under_review", "warning_needs_response": "warning_under_review"}
_CLOSED = "This dispute is already closed"

# An inquiry, in which the bank only asks, has the states that begin with "warning".
DISPUTE = Machine(
    births=tuple(_REVIEW),
    table={
        "update": {status: (status,) for status in (*_REVIEW, *_REVIEW.values())},
        "submit": {before: (after,) for before, after in _REVIEW.items()},
        "decide": {
            "under_review": ("won", "lost"),
            "warning_under_review": ("warning_closed", "needs_response"),
        },
        "close": {"needs_response": ("lost",), "warning_needs_response": ("warning_closed",)},
        "forfeit": {"needs_response": ("lost",)},  # nobody answered in time
        "lapse": {  # the bank did not come back to it
            "warning_needs_response": ("warning_closed",),
            "warning_under_review": ("warning_closed",),
        },
        "refund": {  # of all of it: there is nothing to ask for any more
            "warning_needs_response": ("warning_closed",),
            "warning_under_review": ("warning_closed",),
        },
    },
    refusals={
        "update": _CLOSED,
        "submit under_review": "The evidence for this dispute has already been submitted.",
        "submit warning_under_review": "The evidence for this inquiry has already been submitted.",
        "submit": _CLOSED,
        "close under_review": "This dispute is under review and cannot be closed.",
        "close warning_under_review": "This inquiry is under review and cannot be closed.",
        "close": _CLOSED,
    },
)

CHECKOUT_SESSION = Machine(
    births=("open",),
    table={
        "confirm": {"open": ("open", "complete")},  # a declined payer may try again
        "settle": {"complete": ("complete",)},  # money that was on its way arrives, or does not
        "expire": {"open": ("expired",)},
    },
    refusals={
        "confirm": "This Checkout Session has a status of `{status}`: nobody can pay any more.",
        "expire": 'Only Checkout Sessions with a status in ["{statuses}"] can be expired. This '
        "Checkout Session has a status of `{status}`.",
    },
)
