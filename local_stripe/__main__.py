"""`python -m local_stripe serve`: the local Stripe as a server, until Ctrl-C or SIGTERM."""

import argparse
import json
import signal
import sys
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlencode

# The server takes the SDK's types and calls nobody with it: without the HTTP libraries that it
# finds, the process is a fifth smaller.
for library in ("requests", "httpx", "aiohttp"):
    sys.modules[library] = None  # type: ignore[assignment]

from local_stripe import SECRET_KEY, LocalStripe, Policies, Request, WallClock  # noqa: E402
from local_stripe.courier import RETRIES, Courier, is_deliverable  # noqa: E402
from local_stripe.faults import FAULTS  # noqa: E402
from local_stripe.server import start  # noqa: E402


def main(arguments: list[str] | None = None) -> int:
    """Serve, and return the exit code: 0, or 2 if it cannot be done as asked."""
    options = _parser().parse_args(arguments)
    policies = Policies(
        raw_card_numbers=options.allow_raw_cards,
        token_charges=options.allow_token_charges,
        card_testing_block=options.block_card_testing,
    )
    local = LocalStripe(clock=WallClock(), seed=options.seed, policies=policies, retries=RETRIES)
    for fault in options.fault:
        if problem := _inject(local, fault):
            return _refuse(f"--fault {fault}: {problem}")
    stopped = _stop_on_signals()
    with ExitStack() as running:
        try:
            server = running.enter_context(start(local, options.port))
        except OSError:
            return _refuse(
                f"port {options.port} is taken or not allowed; --port 0 takes a free one"
            )
        running.enter_context(Courier(local))
        line = f"local Stripe: {server.url}"
        if options.webhook:
            line += f"  webhook signing secret: {_add_webhook(local, options.webhook)}"
        print(line, flush=True)
        while not stopped.wait(1):  # without a timeout, Windows would not hear Ctrl-C
            continue
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local_stripe", description=__doc__)
    serve = parser.add_subparsers(required=True, metavar="serve").add_parser(
        "serve", help="serve the local Stripe on 127.0.0.1", description="Serve the local Stripe."
    )
    serve.add_argument("--port", type=_port, default=12111, help="0 for any free one (%(default)s)")
    serve.add_argument("--webhook", type=_webhook, metavar="URL", help="send every event there")
    serve.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="KIND[,NAME=VALUE]…",
        help="let calls go wrong: lost_response,path=*/confirm or rate_limit,share=0.5 or "
        f"timeout,method=POST,times=3; kinds: {', '.join(FAULTS)}; may be repeated",
    )
    serve.add_argument("--seed", type=int, default=0, help="other ids (%(default)s)")
    serve.add_argument("--allow-raw-cards", action="store_true", help="take raw card numbers")
    serve.add_argument("--allow-token-charges", action="store_true", help="charge card tokens")
    serve.add_argument("--block-card-testing", action="store_true", help="block who tries cards")
    return parser


def _port(text: str) -> int:
    if not 0 <= int(text) <= 65535:
        raise ValueError
    return int(text)


def _webhook(url: str) -> str:
    if not is_deliverable(url):
        raise argparse.ArgumentTypeError(f"{url} is not on this machine (http://127.0.0.1:PORT/…)")
    return url


def _stop_on_signals() -> threading.Event:
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    return stopped


def _add_webhook(local: LocalStripe, url: str) -> str:
    """The signing secret of a new endpoint that gets every event."""
    endpoint = _post(local, "/v1/webhook_endpoints", {"url": url, "enabled_events[]": "*"})
    secret: str = endpoint["secret"]
    return secret


def _inject(local: LocalStripe, fault: str) -> str | None:
    """Let a fault wait, as the dashboard does; or say what is wrong with it."""
    kind, *settings = fault.split(",")
    named = {name: value for name, _, value in (setting.partition("=") for setting in settings)}
    answer = _post(local, "/_local/api_faults", {"kind": kind, **named})
    problem: str | None = answer.get("error", {}).get("message")
    return problem


def _post(local: LocalStripe, path: str, params: Mapping[str, str]) -> dict[str, Any]:
    """What the local Stripe answers."""
    request = Request(
        method="POST",
        path=path,
        headers={"authorization": f"Bearer {SECRET_KEY}"},
        body=urlencode(params).encode(),
    )
    answer: dict[str, Any] = json.loads(local.handle(request).body)
    return answer


def _refuse(reason: str) -> int:
    print(f"local Stripe cannot start: {reason}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
