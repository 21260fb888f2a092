"""What all tests share."""

import stripe
from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.tally", "tests.every_answer"]

stripe.enable_telemetry = False  # it would write into the user's folders

# A busy machine is no failure of the code's.
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")
