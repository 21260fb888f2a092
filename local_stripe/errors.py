"""Stripe's refusals: one class, and a constructor for each pattern of message.

Shapes and words as recorded from the API; https://docs.stripe.com/api/errors
"""

from collections.abc import Iterable
from typing import Any

_DOCS = "https://stripe.com/docs/error-codes/"
_LOGS = "https://dashboard.stripe.com/test/logs/"

# "No such …": the words for a kind that differ from its name.
_NAMES = {
    "setup_intent": "setupintent",
    "payment_method": "PaymentMethod",
    "promotion_code": "promotion code",
    "tax_rate": "tax rate",
    "balance_transaction": "balance transaction",
    "radar.early_fraud_warning": "early fraud warning",
    "webhook_endpoint": "webhook endpoint",
}
# The parameter that a 404 blames for an unknown id in the path, where it is not `id`.
_PATH_PARAMS = {
    "checkout.session": "session",
    "dispute": "dispute",
    "radar.early_fraud_warning": "early_fraud_warning",
    "price": "price",
    "review": "review",
    "payment_intent": "intent",
    "setup_intent": "intent",
    "coupon": "coupon",
    "promotion_code": "promotion_code",
    "tax_rate": "tax_rate",
    "payment_method": "payment_method",
    "confirmation_token": "confirmation_token",
    "token": "token",
    "webhook_endpoint": "webhook_endpoint",
}


class StripeError(Exception):
    """A refusal: becomes `{"error": {...}}` with its status.

    What the request had changed is undone, unless `keep` is set: a declined charge stays.
    `logged` is false for the refusals that Stripe makes before it knows the request.
    Further fields (`decline_code`, `payment_intent`, …) are keywords; None leaves one out.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        type: str = "invalid_request_error",
        keep: bool = False,
        logged: bool = True,
        **fields: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.keep = keep
        self.logged = logged
        self.fields: dict[str, Any] = {"message": message, "type": type, **fields}

    def body(self, request_id: str) -> dict[str, Any]:
        """The error envelope: keys in alphabetical order, absent ones left out."""
        fields = dict(self.fields)
        if code := fields.get("code"):
            fields["doc_url"] = _DOCS + code.replace("_", "-")
        if self.logged:
            fields["request_log_url"] = _LOGS + request_id
        return {"error": {key: fields[key] for key in sorted(fields) if fields[key] is not None}}


class CardError(StripeError):
    """The card was refused: status 402. What was written down about the attempt stays."""

    def __init__(self, message: str, *, keep: bool = True, **fields: Any) -> None:
        super().__init__(message, status=402, type="card_error", keep=keep, **fields)


def unknown_parameters(names: Iterable[str]) -> StripeError:
    """Parameters that the endpoint does not have; the first one is blamed."""
    names = list(names)
    plural = "s" if len(names) > 1 else ""
    return StripeError(
        f"Received unknown parameter{plural}: {', '.join(names)}",
        code="parameter_unknown",
        param=names[0],
    )


def missing(name: str) -> StripeError:
    """A required parameter was not sent."""
    return StripeError(f"Missing required param: {name}.", code="parameter_missing", param=name)


def empty(name: str) -> StripeError:
    """An empty string where there is nothing to unset."""
    return StripeError(
        f"You passed an empty string for '{name}'. We assume empty values are an attempt to unset "
        f"a parameter; however '{name}' cannot be unset. You should remove '{name}' from your "
        "request or supply a non-empty value.",
        code="parameter_invalid_empty",
        param=name,
    )


def invalid(kind: str, name: str, value: str | None = None) -> StripeError:
    """`Invalid object`, `Invalid boolean: maybe`: the wrong sort of value."""
    code = "parameter_invalid_integer" if kind == "integer" else None
    message = f"Invalid {kind}" if value is None else f"Invalid {kind}: {value}"
    return StripeError(message, code=code, param=name)


def not_one_of(name: str, choices: Iterable[str]) -> StripeError:
    """A value outside an enum."""
    choices = list(choices)
    head = ", ".join(choices[:-1])
    listed = f"{head}, or {choices[-1]}" if len(choices) > 2 else " or ".join(choices)
    return StripeError(f"Invalid {name}: must be one of {listed}", param=name)


def metadata_too_long(plural: str, one: str, most: int, value: str) -> StripeError:
    """A key or a value of metadata above its limit."""
    return StripeError(
        f"Metadata {plural} can have up to {most} characters, but you passed in a {one} that is "
        f"{len(value)} characters. Invalid {one}: {value}",
        param="metadata",
    )


def too_small(name: str, least: int) -> StripeError:
    """An integer below its minimum."""
    return StripeError(
        f"This value must be greater than or equal to {least}.",
        code="parameter_invalid_integer",
        param=name,
    )


def no_such(kind: str, id: str, param: str | None = None) -> StripeError:
    """An unknown id: 400 in the parameter `param`, 404 in the path (no `param`)."""
    return StripeError(
        f"No such {_NAMES.get(kind, kind)}: '{id}'",
        status=404 if param is None else 400,
        code="resource_missing",
        param=param or _PATH_PARAMS.get(kind, "id"),
    )


def unexpected_state(message: str, obj: dict[str, Any], param: str | None = None) -> StripeError:
    """The object is not in a state for this; an intent rides along whole in the error."""
    if obj["object"] not in ("payment_intent", "setup_intent"):
        return StripeError(message, param=param)
    fields: dict[str, Any] = {obj["object"]: obj}
    return StripeError(message, code=f"{obj['object']}_unexpected_state", param=param, **fields)


def not_implemented(what: str, param: str | None = None) -> StripeError:
    """Something that Stripe has and the local Stripe refuses by name."""
    return StripeError(f"The local Stripe does not implement {what}.", param=param)


def unrecognized_url(method: str, path: str) -> StripeError:
    """No such address, or not with this method."""
    return StripeError(
        f"Unrecognized request URL ({method}: {path}). Please see https://stripe.com/docs or we "
        "can help at https://support.stripe.com/.",
        status=404,
        logged=False,
    )
