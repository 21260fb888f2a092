"""Products.  https://docs.stripe.com/api/products"""

from local_stripe.call import Call
from local_stripe.catalogue import new_price, new_product, product_fields
from local_stripe.errors import StripeError, empty, not_implemented
from local_stripe.listing import page
from local_stripe.routing import Route
from local_stripe.search import search
from local_stripe.store import Object
from local_stripe.updates import record

_KIND = "product"


def create(call: Call) -> Object:
    """A new product, with its default price if `default_price_data` describes one."""
    params = call.params
    if params.get("type") == "good":
        raise not_implemented("products of the type `good`", "type")
    product = new_product(call, params)
    price = None
    if data := params.get("default_price_data"):
        price = call.store.put(new_price(call, product["id"], data))
        product["default_price"] = price["id"]
    call.store.put(product)
    call.events.emit("product.created", product)
    if price:
        call.events.emit("price.created", price)
    return product


def retrieve(call: Call) -> Object:
    """One product; a deleted one is gone."""
    return call.store.require(_KIND, call.path["id"])


def update(call: Call) -> Object:
    """Change what is sent, and only that."""
    product, params = retrieve(call), call.params
    changed = {**product, **product_fields(product, params)}
    changed["metadata"] = call.metadata(product["metadata"])
    if "name" in params:
        changed["name"] = _name(params["name"])
    if "default_price" in params:
        changed["default_price"] = _own_price(call, product, params["default_price"])
    if changed != product:
        changed["updated"] = call.clock.now()
    return record(call, "product.updated", product, changed)


def delete(call: Call) -> Object:
    """Remove a product that never had a price."""
    product = retrieve(call)
    if next(call.store.select("price", product=product["id"]), None):
        raise StripeError(
            "This product cannot be deleted because it has one or more user-created prices."
        )
    call.events.emit("product.deleted", {**product, "active": False})
    return call.store.delete(product)


def index(call: Call) -> Object:
    """Products, newest first."""
    params = call.params
    ids = params.get("ids")
    equals = {key: params[key] for key in ("active", "shippable", "type", "url") if key in params}
    return page(call, _KIND, where=lambda obj: ids is None or obj["id"] in ids, **equals)


def find(call: Call) -> Object:
    """Products that a query describes."""
    return search(call, _KIND)


def _name(name: str | None) -> str:
    if name is None:
        raise empty("name")
    return name


def _own_price(call: Call, product: Object, id: str | None) -> str | None:
    if id is None:
        return None
    price = call.store.require("price", id, "default_price")
    if price["product"] != product["id"]:
        raise StripeError(
            f"The price {id} belongs to another product ({price['product']}).",
            param="default_price",
        )
    return id


ROUTES = (
    Route("POST", "/v1/products", create, "ProductCreateParams", _KIND),
    Route("GET", "/v1/products", index, "ProductListParams", "list"),
    Route("GET", "/v1/products/search", find, "ProductSearchParams", "search_result"),
    Route("GET", "/v1/products/{id}", retrieve, "ProductRetrieveParams", _KIND),
    Route("POST", "/v1/products/{id}", update, "ProductUpdateParams", _KIND),
    Route("DELETE", "/v1/products/{id}", delete, "ProductDeleteParams", _KIND),
)
