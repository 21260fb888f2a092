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


def encrypted() -> dict[str, str]:
    """Settings of a `KernelManager`: nobody listens in, and no kernel warns of it."""
    return {"transport_encryption": "auto"} if zmq.has("curve") else {}


def without_ports(folder: str) -> dict[str, str]:
    """The same, through sockets in a folder where there are such: ports may be gone when needed."""
    return encrypted() if os.name == "nt" else {"transport": "ipc", "ip": f"{folder}/kernel"}
