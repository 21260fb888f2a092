"""What `.ci/run` installs from npm for the tests: Stripe's CLI, and Stripe's SDK for Node."""

import shutil
from functools import cache
from pathlib import Path

from tests.required import missing

MODULES = Path(__file__).parent.parent / "build/node/node_modules"


@cache
def stripe_cli() -> str:
    """Stripe's CLI: the one that `.ci/run` installed, or the learner's own."""
    ours = MODULES / "@stripe/cli-linux-x64/bin/stripe"
    found = str(ours) if ours.exists() else shutil.which("stripe")
    return found or missing("no CLI of Stripe's (docs/stripe-cli.md)")


@cache
def node() -> str:
    """Node, which finds Stripe's SDK in MODULES."""
    found = shutil.which("node")
    if found is None or not (MODULES / "stripe").exists():
        missing("no Node with Stripe's SDK (.ci/run installs them)")
    return found
