"""Customers.  https://docs.stripe.com/api/customers"""

import re
import string

from local_stripe import addresses, methods
from local_stripe.call import Call
from local_stripe.errors import StripeError, not_implemented
from local_stripe.implemented import given, only
from local_stripe.listing import page
from local_stripe.resources import payment_methods, sources
from local_stripe.routing import Route
from local_stripe.search import search
from local_stripe.shapes import ADDRESS
from local_stripe.store import Object
from local_stripe.updates import record

_KIND = "customer"
_PREFIX_LETTERS = string.digits + string.ascii_uppercase
_INVOICE_PREFIX = re.compile(r"[A-Z0-9]{1,12}")

# What a field is when it is not given, or given empty.
_DEFAULTS: Object = {
    "address": None,
    "balance": 0,
    "description": None,
    "email": None,
    "invoice_prefix": None,
    "name": None,
    "next_invoice_sequence": 1,
    "phone": None,
    "preferred_locales": [],
    "shipping": None,
    "tax_exempt": "none",
}
_INVOICE_SETTINGS = {
    "custom_fields": None,
    "default_payment_method": None,
    "footer": None,
    "rendering_options": None,
}
_RENDERING_OPTIONS = {"amount_tax_display": None, "template": None}
_NAMES = ("business_name", "individual_name")  # fields of customers that were given them
_PARAMS = {*_DEFAULTS, *_NAMES, "invoice_settings", "metadata", "source"}
_CREATE_PARAMS = {*_PARAMS, "payment_method"}
_UPDATE_PARAMS = {*_PARAMS, "default_source"}


def create(call: Call) -> Object:
    """Somebody new."""
    params = only(call.params, _CREATE_PARAMS)
    id = call.ids.new("cus")
    if method := given(params, "payment_method"):
        payment_methods.attach_to(call, id, methods.obtain(call, method, "payment_method"))
    customer = {
        "id": id,
        "object": _KIND,
        **_DEFAULTS,
        "created": call.clock.now(),
        "currency": None,
        "customer_account": None,
        "default_source": None,
        "delinquent": False,
        "discount": None,
        "invoice_prefix": call.ids.text(8, _PREFIX_LETTERS),
        "invoice_settings": _INVOICE_SETTINGS,
        "livemode": False,
        "metadata": {},
        "test_clock": None,
    }
    customer = call.store.put(_in_order({**customer, **_given(call, customer)}))
    call.events.emit("customer.created", customer)
    return customer


def retrieve(call: Call) -> Object:
    """One customer; of a deleted one its stub."""
    id = call.path["customer"]
    return call.store.get(_KIND, id) or call.store.require(_KIND, id)


def update(call: Call) -> Object:
    """Change what is sent, and only that."""
    only(call.params, _UPDATE_PARAMS)
    customer = call.store.require(_KIND, call.path["customer"])
    changed = _in_order({**customer, **_given(call, customer)})
    return record(call, "customer.updated", customer, changed)


def delete(call: Call) -> Object:
    """Forget the customer. Their cards are nobody's from then on."""
    customer = call.store.require(_KIND, call.path["customer"])
    payment_methods.detach_all(call, customer["id"])
    call.events.emit("customer.deleted", customer)
    return call.store.delete(customer)


def index(call: Call) -> Object:
    """Customers, newest first."""
    params = only(call.params, _LIST_PARAMS)
    return page(call, _KIND, **({"email": params["email"]} if "email" in params else {}))


def find(call: Call) -> Object:
    """Customers that a query describes."""
    return search(call, _KIND)


_LIST_PARAMS = ("created", "email", "ending_before", "limit", "starting_after")


def _given(call: Call, customer: Object) -> Object:
    """The fields that the parameters change."""
    params = call.params
    fields = {key: params[key] or _DEFAULTS[key] for key in _DEFAULTS.keys() & params.keys()}
    fields |= {name: params[name] for name in _NAMES if name in params}
    _check(fields)
    if fields.get("address"):
        fields["address"] = {**ADDRESS, **fields["address"]}
    if fields.get("shipping"):
        fields["shipping"] = _shipping(fields["shipping"])
    if "invoice_settings" in params:
        fields["invoice_settings"] = _invoice_settings(call, customer)
    if default := _default_source(call, customer):
        fields["default_source"] = default
    return {**fields, "metadata": call.metadata(customer["metadata"])}


def _check(fields: Object) -> None:
    email, prefix = fields.get("email"), fields.get("invoice_prefix")
    if email is not None:
        addresses.email(email, "email")
    if prefix is not None and not _INVOICE_PREFIX.fullmatch(prefix):
        raise StripeError(
            "The invoice prefix must be 1 to 12 uppercase letters or digits.",
            param="invoice_prefix",
        )


def _shipping(sent: Object) -> Object:
    address = {**ADDRESS, **sent["address"]}
    return {"address": address, "name": sent["name"], "phone": sent.get("phone")}


def _invoice_settings(call: Call, customer: Object) -> Object:
    """The settings after this call; a default card must be the customer's own."""
    sent = call.params["invoice_settings"]
    if options := sent.get("rendering_options"):
        sent = {**sent, "rendering_options": {**_RENDERING_OPTIONS, **options}}
    if id := sent.get("default_payment_method"):
        param = "invoice_settings[default_payment_method]"
        if id.startswith("pm_card_"):
            raise not_implemented("Stripe's own test cards as a customer's default", param)
        method = call.store.require("payment_method", id, param)
        if method["customer"] != customer["id"]:
            raise StripeError(
                f"The customer does not have a payment method with the ID {id}. The payment "
                "method must be attached to the customer.",
                code="resource_missing",
                param=param,
            )
    return {**customer["invoice_settings"], **sent}


def _default_source(call: Call, customer: Object) -> str | None:
    """The legacy card that is the default from now on, if the call says so."""
    if token := given(call.params, "source"):
        return str(sources.save(call, customer["id"], token)["id"])
    if id := given(call.params, "default_source"):
        return str(sources.of_customer(call, customer, id).shown["id"])
    return None


def _in_order(customer: Object) -> Object:
    """The fields as Stripe orders them: id and object, then by name."""
    head = {"id": customer["id"], "object": customer["object"]}
    return head | {key: customer[key] for key in sorted(customer.keys() - head.keys())}


ROUTES = (
    Route("POST", "/v1/customers", create, "CustomerCreateParams", _KIND),
    Route("GET", "/v1/customers", index, "CustomerListParams", "list"),
    Route("GET", "/v1/customers/search", find, "CustomerSearchParams", "search_result"),
    Route("GET", "/v1/customers/{customer}", retrieve, "CustomerRetrieveParams", _KIND),
    Route("POST", "/v1/customers/{customer}", update, "CustomerUpdateParams", _KIND),
    Route("DELETE", "/v1/customers/{customer}", delete, "CustomerDeleteParams", _KIND),
)
