"""What all tests share."""

import stripe

pytest_plugins = ["tests.every_answer"]

stripe.enable_telemetry = False  # it would write into the user's folders
