"""Prices.  https://docs.stripe.com/api/prices"""

from local_stripe.call import Call
from local_stripe.catalogue import new_price, new_product
from local_stripe.errors import StripeError
from local_stripe.expand import Includes
from local_stripe.listing import page
from local_stripe.pricing import currency_options
from local_stripe.routing import Route
from local_stripe.search import search
from local_stripe.store import Object, Store
from local_stripe.updates import record

_KIND = "price"
_MOST_LOOKUP_KEYS = 10


def create(call: Call) -> Object:
    """A new price, of a product that exists or that `product_data` describes."""
    params = call.params
    price = new_price(call, _product(call), params)
    if key := params.get("lookup_key"):
        _claim(call, key)
        price["lookup_key"] = key
    call.store.put(price)
    call.events.emit("price.created", price)
    return price


def retrieve(call: Call) -> Object:
    """One price."""
    return call.store.require(_KIND, call.path["price"])


def update(call: Call) -> Object:
    """Change how a price is found and whether it can be used; never what it is."""
    price, params = retrieve(call), call.params
    changed = {**price, "metadata": call.metadata(price["metadata"])}
    if "active" in params:
        changed["active"] = _active(call, price)
    if "nickname" in params:
        changed["nickname"] = params["nickname"]
    if "tax_behavior" in params:
        changed["tax_behavior"] = _tax_behavior(price, params["tax_behavior"])
    if "lookup_key" in params:
        if params["lookup_key"] not in (None, price["lookup_key"]):
            _claim(call, params["lookup_key"])
        changed["lookup_key"] = params["lookup_key"]
    if "currency_options" in params:
        _price_elsewhere(call, price)
    return record(call, "price.updated", price, changed)


def index(call: Call) -> Object:
    """Prices, newest first."""
    params = call.params
    keys, recurring = params.get("lookup_keys"), params.get("recurring") or {}
    if keys and len(keys) > _MOST_LOOKUP_KEYS:
        raise StripeError(
            f"You may ask for up to {_MOST_LOOKUP_KEYS} lookup keys.", param="lookup_keys"
        )

    def matches(price: Object) -> bool:
        if keys is not None and price["lookup_key"] not in keys:
            return False
        rhythm = price["recurring"] or {}
        return all(rhythm.get(key) == value for key, value in recurring.items())

    names = ("active", "currency", "product", "type")
    return page(call, _KIND, where=matches, **{k: params[k] for k in names if k in params})


def find(call: Call) -> Object:
    """Prices that a query describes."""
    return search(call, _KIND)


def _product(call: Call) -> str:
    """The id of the price's product, made on the way if need be."""
    id, data = call.params.get("product"), call.params.get("product_data")
    if id and data:
        raise StripeError(
            "You may only specify one of these parameters: product, product_data.",
            param="product",
        )
    if id:
        product = call.store.require("product", id, "product")
    elif data:
        product = call.store.put(new_product(call, data))
        call.events.emit("product.created", product)
    else:
        raise StripeError(
            "You must specify either `product` or `product_data` when creating a price."
        )
    return str(product["id"])


def _claim(call: Call, key: str) -> None:
    """Take the lookup key from the price that has it, if the call says so."""
    for holder in list(call.store.select(_KIND, lookup_key=key)):
        if not call.params.get("transfer_lookup_key"):
            raise StripeError(
                f"A price (`{holder['id']}`) already uses that lookup key.", param="lookup_key"
            )
        record(call, "price.updated", holder, {**holder, "lookup_key": None})


def _active(call: Call, price: Object) -> bool:
    product = call.store.get("product", price["product"])
    if not call.params["active"] and product and product.get("default_price") == price["id"]:
        raise StripeError(
            "This price cannot be archived because it is the default price of its product.",
            param="active",
        )
    return bool(call.params["active"])


def _tax_behavior(price: Object, wanted: str) -> str:
    if price["tax_behavior"] not in ("unspecified", wanted):
        raise StripeError(
            "You cannot change `tax_behavior` once it is `inclusive` or `exclusive`.",
            param="tax_behavior",
        )
    return wanted


def _price_elsewhere(call: Call, price: Object) -> None:
    hidden, sent = call.store.secret[price["id"]], call.params["currency_options"]
    options = {**hidden["currency_options"], **currency_options(sent)} if sent else {}
    call.store.secret[price["id"]] = {**hidden, "currency_options": options}


def _tiers(store: Store, price: Object) -> list[Object] | None:
    tiers: list[Object] | None = store.secret[price["id"]]["tiers"]
    return tiers


def _currency_options(store: Store, price: Object) -> Object:
    """The price in each of its currencies, its own among them."""
    own = {
        key: price[key]
        for key in ("custom_unit_amount", "tax_behavior", "unit_amount", "unit_amount_decimal")
    }
    return {price["currency"]: own, **store.secret[price["id"]]["currency_options"]}


INCLUDES: Includes = {("price", "tiers"): _tiers, ("price", "currency_options"): _currency_options}

ROUTES = (
    Route("POST", "/v1/prices", create, "PriceCreateParams", _KIND),
    Route("GET", "/v1/prices", index, "PriceListParams", "list"),
    Route("GET", "/v1/prices/search", find, "PriceSearchParams", "search_result"),
    Route("GET", "/v1/prices/{price}", retrieve, "PriceRetrieveParams", _KIND),
    Route("POST", "/v1/prices/{price}", update, "PriceUpdateParams", _KIND),
)
