"""The shop's processes, some of which die in the middle: workers at its inbox, and others.

`python -m tests.sample_app.crew SETTINGS` builds one shop and forks from it: a line of JSON comes
in for each shift, a line with the exit codes goes out when its last worker has ended. A line that
is an object, not a list, is a task to practise: the process does it itself.
"""

import gc
import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

import sqlalchemy as sa
import stripe
from flask import Flask
from sqlalchemy.orm import Session

from sample_app import create_app, inbox
from sample_app.database import db
from sample_app.mail import Mailer

ROOT = Path(__file__).parents[2]
KILLED = -signal.SIGKILL if os.name == "posix" else None


class Crew:
    """Runs inside a `with` block; `settings` are those of the workers' shop."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        self._settings = json.dumps(settings)

    def practise(self, **task: Any) -> None:
        """Have it done once where all workers come from; see `practise` for why."""
        self._tell(task)
        assert self.wait() == []

    def start(self, *workers: Mapping[str, Any]) -> None:
        """Let them work until nothing is due; see `work` for what each can be told, and `serve`."""
        self._tell(workers)

    def wait(self) -> Sequence[int]:
        """How each of them ended, when all have."""
        return json.loads(self._process.stdout.readline())

    def _tell(self, what: object) -> None:
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()

    def __enter__(self) -> "Crew":
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        command = [sys.executable, "-m", __name__, self._settings]
        self._process = subprocess.Popen(command, cwd=ROOT, **pipes)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=20)


def work(
    app: Flask, seed: float | None = None, dies_at: int | None = None, dies_of_mail: bool = False
) -> None:
    """Work through the inbox.

    seed: of the chance by which one call to Stripe in five fails; without one, none does
    dies_at: the point, of those where it lets go of something, at which it is killed
    dies_of_mail: it is killed when the mail server has taken a message
    """
    points = _points_until_death(dies_at)
    sa.event.listen(Session, "after_commit", lambda _: points())
    app.extensions["stripe"] = stripe.StripeClient(
        app.config["STRIPE_SECRET_KEY"],
        http_client=Line(Random(seed) if seed else None, points),
        base_addresses={"api": app.config["STRIPE_API_BASE"]},
    )
    if dies_of_mail:
        app.extensions["mail"] = _deadly(app.extensions["mail"])
    with app.app_context():
        inbox.work()
    if dies_at:
        _die()


def serve(app: Flask, dies_at: int, **task: Any) -> None:
    """Do a task, such as `perform` does.

    dies_at: the point at which it is killed, before or after it writes to the database or to Stripe
    """
    points = _points_until_death(dies_at)
    for moment in ("before_commit", "after_commit"):
        sa.event.listen(Session, moment, lambda _: points())
    app.extensions["stripe"] = stripe.StripeClient(
        app.config["STRIPE_SECRET_KEY"],
        http_client=Writing(points),
        base_addresses={"api": app.config["STRIPE_API_BASE"]},
    )
    perform(app, **task)


def practise(app: Flask, **task: Any) -> None:
    """Do a task before any worker is forked: what it imports and compiles, none does again."""
    perform(app, **task)
    with app.app_context():
        db.engine.dispose()  # a connection is one process's alone
    gc.freeze()


def perform(
    app: Flask, request: Mapping[str, Any] | None = None, command: Sequence[str] = ()
) -> None:
    """Answer a request, which says itself which cookies it has, or run a command."""
    if request:
        answer = app.test_client(use_cookies=False).open(**request, buffered=True)
        assert answer.status_code < 500, answer.text
    else:
        app.test_cli_runner().invoke(args=command, catch_exceptions=False)


class Writing(stripe.RequestsClient):
    """The way to Stripe; whoever writes there passes a point before, and one after."""

    def __init__(self, point: Callable[[], None]) -> None:
        super().__init__()
        self._point = point

    def request(self, method: str, *args: Any, **kwargs: Any) -> Any:
        point = self._point if method == "post" else lambda: None
        point()
        answer = super().request(method, *args, **kwargs)
        point()
        return answer


class Line(stripe.RequestsClient):
    """The way to Stripe; on a bad one, a request in ten does not arrive, nor an answer in ten."""

    def __init__(self, chance: Random | None, point: Callable[[], None]) -> None:
        super().__init__()
        self._chance, self._point = chance, point

    def request(self, *args: Any, **kwargs: Any) -> Any:
        self._point()
        self._fail_sometimes()
        answer = super().request(*args, **kwargs)
        self._point()
        self._fail_sometimes()
        return answer

    def _fail_sometimes(self) -> None:
        if self._chance and self._chance.random() < 0.1:
            raise stripe.APIConnectionError("The line is bad.")


def _points_until_death(dies_at: int | None) -> Callable[[], None]:
    passed = 0

    def point() -> None:
        nonlocal passed
        passed += 1
        if passed == dies_at:
            _die()

    return point


def _deadly(mailer: Mailer) -> Mailer:
    def send(message: Any) -> None:
        mailer.send(message)
        _die()

    return Mailer(mailer.sender, send)


def _die() -> None:
    """No cleanup, no rollback, no goodbye."""
    os.kill(os.getpid(), signal.SIGKILL)


def _fork(app: Flask, orders: Mapping[str, Any]) -> int:
    if pid := os.fork():
        return pid
    code = 1
    try:
        (work if orders.keys().isdisjoint({"request", "command"}) else serve)(app, **orders)
        code = 0
    except Exception:
        traceback.print_exc()
    finally:
        os._exit(code)


def main() -> None:
    app = create_app(json.loads(sys.argv[1]))
    app.logger.disabled = True  # what fails here is meant to
    for line in sys.stdin:
        shift = json.loads(line)
        if isinstance(shift, dict):
            practise(app, **shift)
            shift = []
        workers = [_fork(app, orders) for orders in shift]
        codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in workers]
        print(json.dumps(codes), flush=True)


if __name__ == "__main__":
    main()
