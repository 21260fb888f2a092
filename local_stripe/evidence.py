"""What a merchant can say to a dispute, and what Stripe says by itself.

https://docs.stripe.com/disputes/responding
"""

from local_stripe.call import Call
from local_stripe.implemented import only
from local_stripe.store import Object

_TEXTS = (
    "access_activity_log", "billing_address", "cancellation_policy_disclosure",
    "cancellation_rebuttal", "customer_email_address", "customer_name", "customer_purchase_ip",
    "duplicate_charge_explanation", "duplicate_charge_id", "product_description",
    "refund_policy_disclosure", "refund_refusal_explanation", "service_date", "shipping_address",
    "shipping_carrier", "shipping_date", "shipping_tracking_number", "uncategorized_text",
)  # fmt: skip
_FILES = (
    "cancellation_policy", "customer_communication", "customer_signature",
    "duplicate_charge_documentation", "receipt", "refund_policy", "service_documentation",
    "shipping_documentation", "uncategorized_file",
)  # fmt: skip
_NOTHING: Object = dict.fromkeys(sorted(_TEXTS + _FILES)) | {"enhanced_evidence": {}}


def known(call: Call, charge: Object) -> Object:
    """The evidence in a new dispute: Stripe fills in what it knows (recorded)."""
    customer = call.store.get("customer", charge["customer"] or "") or {}
    payer = charge["billing_details"]
    return _NOTHING | {
        "customer_email_address": customer.get("email") or payer["email"],
        "customer_name": customer.get("name") or payer["name"],
        "product_description": charge["description"],
    }


def staged(dispute: Object, sent: Object) -> Object:
    """The dispute with this evidence added: the bank does not see it yet.

    Raises StripeError for evidence in files.
    """
    details = dispute["evidence_details"]
    return {
        **dispute,
        "evidence": {**dispute["evidence"], **only(sent, _TEXTS)},
        "evidence_details": {
            **details,
            "has_evidence": details["has_evidence"] or any(sent.values()),
        },
    }
