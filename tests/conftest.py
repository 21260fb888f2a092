"""What all tests share."""

pytest_plugins = ["tests.every_answer"]
