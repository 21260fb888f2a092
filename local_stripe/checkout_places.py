"""Where a Checkout Session is paid: on Stripe's page, there inside the shop's, or by Elements.

https://docs.stripe.com/api/checkout/sessions/create#create_checkout_session-ui_mode
"""

from local_stripe import addresses
from local_stripe.call import Call
from local_stripe.errors import StripeError, missing, not_implemented
from local_stripe.implemented import given
from local_stripe.store import Object

# What only a page of Stripe's own needs, and only one that is part of the shop's.
_HOSTED = ("cancel_url", "success_url")
_INSIDE = ("redirect_on_completion", "return_url")


def fields(call: Call, id: str) -> Object:
    """The session's fields that say where. Raises StripeError for an address it has no use for."""
    match given(call.params, "ui_mode") or "hosted_page":
        case "hosted_page":
            _refuse(call.params, _INSIDE, "hosted_page")
            return _hosted(call, id)
        case "embedded_page":
            _refuse(call.params, _HOSTED, "embedded_page")
            return _inside(call, id, "embedded_page") | _back(call.params)
        case "elements":
            _refuse(call.params, (*_HOSTED, "redirect_on_completion"), "elements")
            return _inside(call, id, "elements") | {"return_url": _web(call.params, "return_url")}
        case other:
            raise not_implemented(f"Checkout with `ui_mode={other}`", "ui_mode")


def _hosted(call: Call, id: str) -> Object:
    if not given(call.params, "success_url"):
        raise missing("success_url")
    return {
        "cancel_url": _web(call.params, "cancel_url"),
        "client_secret": None,
        "success_url": _web(call.params, "success_url"),
        "ui_mode": "hosted_page",
        "url": f"{call.stripe.origin}/c/pay/{id}",
    }


def _inside(call: Call, id: str, ui_mode: str) -> Object:
    """No address of its own: the shop's page is let in by the client secret."""
    return {
        "cancel_url": None,
        "client_secret": f"{id}_secret_{call.ids.text(28)}{call.ids.text(28)}",
        "success_url": None,
        "ui_mode": ui_mode,
        "url": None,
    }


def _back(params: Object) -> Object:
    """Where an embedded page leads once it is paid: always, only if it must, or never."""
    when = params.get("redirect_on_completion", "always")
    if when == "never":
        _refuse(params, ("return_url",), "redirect_on_completion=never")
    elif not given(params, "return_url"):
        raise missing("return_url")
    return {"redirect_on_completion": when, "return_url": _web(params, "return_url")}


def _web(params: Object, name: str) -> str | None:
    url = given(params, name)
    return addresses.web(url, name) if url else None


def _refuse(params: Object, names: tuple[str, ...], where: str) -> None:
    for name in names:
        if name in params:
            raise StripeError(f"You can not pass `{name}` in `{where}` mode.", param=name)
