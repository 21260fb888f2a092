"""What a handler gets: one checked request, and the Stripe it was made to."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local_stripe.clock import Timekeeper
from local_stripe.ids import Ids
from local_stripe.metadata import merge
from local_stripe.policies import Policies
from local_stripe.store import Store

if TYPE_CHECKING:
    from local_stripe.agenda import Agenda
    from local_stripe.core import LocalStripe
    from local_stripe.events import Events


@dataclass(slots=True)
class Call:
    """A request that passed every check that needs no object.

    params: typed and checked; absent if not sent, None if sent empty (which unsets a field)
    expand: the paths of references that the answer is to spell out
    path: the ids in the path, by placeholder
    url: the path itself
    version: the API version asked for
    publishable: made with a publishable key
    """

    stripe: "LocalStripe"
    params: dict[str, Any]
    expand: list[str]
    path: dict[str, str]
    url: str
    version: str
    request_id: str
    idempotency_key: str | None
    publishable: bool

    @property
    def store(self) -> Store:
        """Every object there is."""
        return self.stripe.store

    @property
    def clock(self) -> Timekeeper:
        """The time as this Stripe knows it."""
        return self.stripe.clock

    @property
    def ids(self) -> Ids:
        """Fresh ids."""
        return self.stripe.ids

    @property
    def agenda(self) -> "Agenda":
        """What will happen by itself, later."""
        return self.stripe.agenda

    @property
    def policies(self) -> Policies:
        """The account's switches."""
        return self.stripe.policies

    @property
    def events(self) -> "Events":
        """Where events are emitted."""
        return self.stripe.events

    def metadata(self, current: dict[str, str] | None = None) -> dict[str, str]:
        """The object's metadata after this call: what was sent, merged into what was there."""
        current = current or {}
        return merge(current, self.params["metadata"]) if "metadata" in self.params else current
