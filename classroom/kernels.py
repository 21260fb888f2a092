"""What a kernel of the course is started with."""

from __future__ import annotations

import os
from pathlib import Path

import zmq

# Whatever the shell is set to, the course itself is built and tested on the local Stripe.
LEARNERS = ("STRIPE_", "DATABASE_URL", "SECRET_KEY", "JUPYTERHUB_SERVICE_PREFIX")


def environment() -> dict[str, str]:
    """The environment of a learner's kernel: this course is on its path."""
    paths = [str(Path(__file__).resolve().parents[1]), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}


def course_environment() -> dict[str, str]:
    """The environment of a kernel that builds or tests the course: no keys of anybody's."""
    return {k: v for k, v in environment().items() if not k.startswith(LEARNERS)}


def transport() -> dict[str, str]:
    """Settings of a `KernelManager`: what kernel and notebook say to each other is encrypted.

    A kernel warns in every notebook when it is not.
    """
    return {"transport_encryption": "auto"} if zmq.has("curve") else {}
