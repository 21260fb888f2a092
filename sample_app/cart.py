"""The cart: item ids and quantities in the customer's session.

Names, prices and totals come from the database: what a browser holds decides none of them.
"""

import uuid
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from sample_app.models import MAX_QUANTITY, Item


@dataclass(frozen=True)
class CartLine:
    """So many of one item, at today's price."""

    item: Item
    quantity: int

    @property
    def amount(self) -> int:
        """In minor units."""
        return self.quantity * self.item.price


class Cart:
    """What a customer means to buy, kept in `storage`: the session of the request."""

    def __init__(self, storage: MutableMapping[str, Any]) -> None:
        self._storage = storage

    def __len__(self) -> int:
        """How many pieces are in the cart."""
        return sum(self.quantities.values())

    @property
    def quantities(self) -> dict[int, int]:
        """Item id -> quantity. (A session is JSON, whose keys are strings.)"""
        return {int(key): quantity for key, quantity in self._storage.get("cart", {}).items()}

    @property
    def key(self) -> str | None:
        """A name for the cart as it is now: to order it twice by one name is to order it once."""
        return self._storage.get("cart_key")

    def put(self, item_id: int, quantity: int) -> None:
        """Have exactly so many of an item; zero takes it out. Raises `ValueError`."""
        if not 0 <= quantity <= MAX_QUANTITY:
            raise ValueError(f"You can have 0 to {MAX_QUANTITY} of one item.")
        self._keep(self.quantities | {item_id: quantity})

    def add(self, item_id: int) -> None:
        """Have one more of an item. Raises `ValueError`."""
        self.put(item_id, self.quantities.get(item_id, 0) + 1)

    def empty(self) -> None:
        self._keep({})

    def lines(self, database: Session) -> list[CartLine]:
        """Look the items up, in order of id; what is no longer sold falls out of the cart."""
        quantities = self.quantities
        items = database.scalars(select(Item).where(Item.id.in_(quantities)).order_by(Item.id))
        lines = [CartLine(item, quantities[item.id]) for item in items]
        if len(lines) < len(quantities):
            self._keep({line.item.id: line.quantity for line in lines})
        return lines

    def _keep(self, quantities: dict[int, int]) -> None:
        self._storage["cart"] = {str(key): number for key, number in quantities.items() if number}
        self._storage["cart_key"] = str(uuid.uuid4())
