"""Products and prices as they are made: together (`default_price_data`, `product_data`) or apart.

https://docs.stripe.com/products-prices/how-products-and-prices-work
"""

from typing import Any

from local_stripe.call import Call
from local_stripe.errors import StripeError
from local_stripe.metadata import merge
from local_stripe.pricing import amounts, currency_options, recurrence, tiers
from local_stripe.store import Object

# What a product's field is when it is not given, or given empty.
_DEFAULTS: Object = {
    "active": True,
    "description": None,
    "images": [],
    "marketing_features": [],
    "package_dimensions": None,
    "shippable": None,
    "statement_descriptor": None,
    "tax_code": None,
    "unit_label": None,
    "url": None,
}


def new_product(call: Call, data: Object) -> Object:
    """A product from its parameters, not yet stored. Raises StripeError if its id is taken."""
    id = data.get("id") or call.ids.new("prod")
    if call.store.get("product", id) is not None:
        raise StripeError("Product already exists.", code="resource_already_exists")
    now = call.clock.now()
    product = {
        "id": id,
        "object": "product",
        "active": True,
        "attributes": [],
        "created": now,
        "default_price": None,
        "description": None,
        "images": [],
        "livemode": False,
        "marketing_features": [],
        "metadata": merge({}, data.get("metadata") or {}),
        "name": data["name"],
        "package_dimensions": None,
        "shippable": None,
        "statement_descriptor": None,
        "tax_code": None,
        "tax_details": None,
        "type": "service",
        "unit_label": None,
        "updated": now,
        "url": None,
    }
    return product | product_fields(product, data)


def product_fields(product: Object, data: Object) -> Object:
    """The fields of a product that the parameters set."""
    fields = {
        key: _DEFAULTS[key] if data[key] is None else data[key]
        for key in _DEFAULTS.keys() & data.keys()
    }
    if data.get("tax_details"):
        details = {"performance_location": None, "tax_code": None, **data["tax_details"]}
        return fields | {"tax_code": details["tax_code"], "tax_details": details}
    if fields.get("tax_code"):
        before = product["tax_details"] or {"performance_location": None}
        return fields | {"tax_details": {**before, "tax_code": fields["tax_code"]}}
    if "tax_code" in fields or "tax_details" in data:
        return fields | {"tax_code": None, "tax_details": None}
    return fields


def new_price(call: Call, product: str, data: Object) -> Object:
    """A price of that product from its parameters, not yet stored.

    What only an expansion shows (`tiers`, `currency_options`) goes to the store's secrets.
    Raises StripeError for parameters that do not go together.
    """
    recurring = recurrence(data.get("recurring"))
    steps = tiers(data, recurring)
    own: dict[str, Any] = amounts(data, tiered=steps is not None)
    behavior = data.get("tax_behavior") or "unspecified"
    options = currency_options(data.get("currency_options") or {})
    id = call.ids.new("price")
    call.store.secret[id] = {"tiers": steps, "currency_options": options}
    return {
        "id": id,
        "object": "price",
        "active": data.get("active", True),
        "billing_scheme": "per_unit" if steps is None else "tiered",
        "created": call.clock.now(),
        "currency": own["currency"],
        "custom_unit_amount": own["custom_unit_amount"],
        "livemode": False,
        "lookup_key": None,
        "metadata": merge({}, data.get("metadata") or {}),
        "nickname": data.get("nickname"),
        "product": product,
        "recurring": recurring,
        "tax_behavior": behavior,
        "tiers_mode": data.get("tiers_mode"),
        "transform_quantity": data.get("transform_quantity"),
        "type": "one_time" if recurring is None else "recurring",
        "unit_amount": own["unit_amount"],
        "unit_amount_decimal": own["unit_amount_decimal"],
    }
