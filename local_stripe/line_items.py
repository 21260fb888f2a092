"""Line items: what a Checkout Session sells, how much of it, and what that comes to.

https://docs.stripe.com/api/checkout/sessions/line_items
"""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from local_stripe.call import Call
from local_stripe.catalogue import new_price, new_product
from local_stripe.errors import StripeError, no_such, not_implemented, too_small
from local_stripe.implemented import only
from local_stripe.listing import page_size, require_one_cursor
from local_stripe.metadata import merge
from local_stripe.store import Object

_MOST = 100
_ITEM = ("id", "metadata", "price", "price_data", "quantity")
_PRICE_DATA = (
    "currency", "product", "product_data", "tax_behavior", "unit_amount", "unit_amount_decimal",
)  # fmt: skip


def build(
    call: Call, sent: list[Object], currency: str | None, known: Iterable[Object] = ()
) -> list[Object]:
    """The line items that a request describes, all in one currency: that of the first by default.

    One with an `id` is that of `known`, with what else the request says of it.
    Raises StripeError for a price that cannot be sold here, or a quantity below 1.
    """
    if len(sent) > _MOST:
        raise StripeError(f"You may pass up to {_MOST} line items.", param="line_items")
    before = {item["id"]: item for item in known}
    items: list[Object] = []
    for place, data in enumerate(sent):
        name = f"line_items[{place}]"
        old = _taken(before, data["id"], name) if "id" in data else {}
        item = _item(call, data, old, currency, name)
        currency = item["currency"]
        items.append(item)
    return items


def page(call: Call, items: list[Object]) -> Object:
    """The list object that answers the call: line items in the order they were given."""
    after, before = (_place(call, items, n) for n in ("starting_after", "ending_before"))
    require_one_cursor(after, before)
    limit = page_size(call)
    if before is None:
        rest = items if after is None else items[after + 1 :]
        data = rest[:limit]
    else:
        rest = items[:before]
        data = rest[-limit:]
    return _list(call.url, data, has_more=len(rest) > limit)


def first_page(url: str, items: list[Object]) -> Object:
    """What an object shows of its line items when they are expanded."""
    return _list(url, items[:10], has_more=len(items) > 10)


def _taken(before: dict[str, Object], id: str, name: str) -> Object:
    """The line item of this id, which can be named once."""
    if id not in before:
        raise no_such("item", id, param=f"{name}[id]")
    return before.pop(id)


def _item(call: Call, data: Object, old: Object, currency: str | None, name: str) -> Object:
    only(data, _ITEM)
    stays = old and not (data.get("price") or data.get("price_data"))
    price = old["price"] if stays else _price(call, data, name)
    unit, currency = _unit_amount(call, price, currency, name)
    quantity = _quantity({**old, **data}, name)
    amount = int((unit * quantity).to_integral_value(ROUND_HALF_UP))
    product = call.store.require("product", price["product"], f"{name}[price]")
    return {
        "id": old["id"] if old else call.ids.new("li"),
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": amount,
        "amount_tax": 0,
        "amount_total": amount,
        "currency": currency,
        "description": product["name"],
        "metadata": merge(old.get("metadata", {}), data.get("metadata", {})),
        "price": price,
        "quantity": quantity,
    }


def _price(call: Call, data: Object, name: str) -> Object:
    """The price that the item names, or one made for it alone."""
    id, own = data.get("price"), data.get("price_data")
    if bool(id) == bool(own):
        raise StripeError(f"Pass either `price` or `price_data` in `{name}`.", param=name)
    if own:
        price = _made(call, only(own, _PRICE_DATA), name)
    else:
        price = call.store.require("price", id or "", f"{name}[price]")
        if not price["active"]:
            raise StripeError(
                "The price specified is inactive. This field only accepts active prices.",
                param=f"{name}[price]",
            )
    if price["type"] == "recurring":
        raise StripeError(
            "You specified `payment` mode but passed a recurring price. Either switch to "
            "`subscription` mode or use only one-time prices.",
            param=name,
        )
    for field in ("custom_unit_amount", "transform_quantity"):
        if price[field]:
            raise not_implemented(f"Checkout with prices that have `{field}`", name)
    return price


def _made(call: Call, data: Object, name: str) -> Object:
    """A price of the item's own, which nothing else can use."""
    id, product = data.get("product"), data.get("product_data")
    if bool(id) == bool(product):
        raise StripeError(
            f"Pass either `product` or `product_data` in `{name}[price_data]`.",
            param=f"{name}[price_data]",
        )
    if product:
        id = call.store.put({**new_product(call, product), "active": False})["id"]
    else:
        call.store.require("product", id or "", f"{name}[price_data][product]")
    return call.store.put({**new_price(call, id or "", data), "active": False})


def _unit_amount(call: Call, price: Object, currency: str | None, name: str) -> tuple[Decimal, str]:
    """What one costs, in minor units of the session's currency."""
    if currency is None or currency == price["currency"]:
        return Decimal(price["unit_amount_decimal"]), price["currency"]
    option = call.store.secret[price["id"]]["currency_options"].get(currency)
    if option is None or option["unit_amount_decimal"] is None:
        raise StripeError(
            f"The price specified only supports `{price['currency']}`. This doesn't match the "
            f"expected currency: `{currency}`.",
            param=f"{name}[price]",
        )
    return Decimal(option["unit_amount_decimal"]), currency


def _quantity(data: Object, name: str) -> int:
    if "quantity" not in data:
        raise StripeError(
            f"Quantity is required. Add `quantity` to `{name}`", param=f"{name}[quantity]"
        )
    quantity: int = data["quantity"]
    if quantity < 1:
        raise too_small(f"{name}[quantity]", 1)
    return quantity


def _place(call: Call, items: list[Object], name: str) -> int | None:
    """Where the item stands that a cursor names. Raises StripeError for an unknown one."""
    id = call.params.get(name)
    if id is None:
        return None
    places = [place for place, item in enumerate(items) if item["id"] == id]
    if not places:
        raise no_such("item", id, param=name)
    return places[0]


def _list(url: str, data: list[Object], *, has_more: bool) -> Object:
    return {"object": "list", "data": data, "has_more": has_more, "url": url}
