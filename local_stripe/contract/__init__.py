"""The installed SDK as the contract: its types say what a request may hold and an answer must.

A newer SDK brings newer types, and with them shows what changed.
"""

from local_stripe.contract.endpoints import is_endpoint
from local_stripe.contract.objects import check_object
from local_stripe.contract.parameters import check_params
from local_stripe.contract.sdk import references

__all__ = ["check_object", "check_params", "is_endpoint", "references"]
