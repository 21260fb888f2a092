"""The endpoints, a module for each resource. Each has a table, `ROUTES`."""

from local_stripe.resources import customers

MODULES = (customers,)
ROUTES = tuple(route for module in MODULES for route in module.ROUTES)
