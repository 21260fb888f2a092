"""Customers.  https://docs.stripe.com/api/customers"""

import string
from typing import Any

from local_stripe.call import Call
from local_stripe.listing import page
from local_stripe.routing import Route


def create(call: Call) -> dict[str, Any]:
    """Somebody new."""
    params = call.params
    customer = {
        "id": call.ids.new("cus"),
        "object": "customer",
        "address": params.get("address"),
        "balance": params.get("balance", 0),
        "created": call.clock.now(),
        "currency": None,
        "customer_account": None,
        "default_source": None,
        "delinquent": False,
        "description": params.get("description"),
        "discount": None,
        "email": params.get("email"),
        "invoice_prefix": call.ids.text(8, string.digits + string.ascii_uppercase),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": call.metadata(),
        "name": params.get("name"),
        "next_invoice_sequence": params.get("next_invoice_sequence", 1),
        "phone": params.get("phone"),
        "preferred_locales": params.get("preferred_locales") or [],
        "shipping": params.get("shipping"),
        "tax_exempt": params.get("tax_exempt") or "none",
        "test_clock": None,
    }
    call.store.put(customer)
    call.events.emit("customer.created", customer)
    return customer


def retrieve(call: Call) -> dict[str, Any]:
    """One customer; of a deleted one its stub."""
    id = call.path["customer"]
    return call.store.get("customer", id) or call.store.require("customer", id)


def index(call: Call) -> dict[str, Any]:
    """Customers, newest first."""
    return page(call, "customer")


ROUTES = (
    Route("POST", "/v1/customers", create, "CustomerCreateParams", "customer"),
    Route("GET", "/v1/customers", index, "CustomerListParams", "list"),
    Route("GET", "/v1/customers/{customer}", retrieve, "CustomerRetrieveParams", "customer"),
)
