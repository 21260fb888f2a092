"""The endpoints, a module for each resource.

Each has a table, `ROUTES`; some have `INCLUDES`, the fields that are absent unless expanded.
"""

from local_stripe.expand import Includes
from local_stripe.resources import customers, events, prices, products, webhook_endpoints

MODULES = (customers, events, prices, products, webhook_endpoints)
ROUTES = tuple(route for module in MODULES for route in module.ROUTES)
INCLUDES: Includes = {**customers.INCLUDES, **prices.INCLUDES}
