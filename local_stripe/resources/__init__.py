"""The endpoints, a module for each resource.

Each has a table, `ROUTES`; some have `INCLUDES`, the fields that are absent unless expanded.
"""

from local_stripe.expand import Includes
from local_stripe.resources import (
    api_faults,
    balance,
    charges,
    checkout_sessions,
    confirmation_tokens,
    customers,
    desk,
    disputes,
    early_fraud_warnings,
    events,
    journal,
    payment_intents,
    payment_methods,
    payment_pages,
    prices,
    products,
    refunds,
    reviews,
    setup_intents,
    sources,
    stripe_cli,
    three_d_secure,
    tokens,
    webhook_endpoints,
)

MODULES = (
    api_faults,
    balance,
    charges,
    checkout_sessions,
    confirmation_tokens,
    customers,
    desk,
    disputes,
    early_fraud_warnings,
    events,
    journal,
    payment_intents,
    payment_methods,
    payment_pages,
    prices,
    products,
    refunds,
    reviews,
    setup_intents,
    sources,
    stripe_cli,
    three_d_secure,
    tokens,
    webhook_endpoints,
)
ROUTES = tuple(route for module in MODULES for route in module.ROUTES)
INCLUDES: Includes = {
    **charges.INCLUDES,
    **checkout_sessions.INCLUDES,
    **prices.INCLUDES,
    **sources.INCLUDES,
}
