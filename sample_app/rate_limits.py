"""How often one address may try: to guess a password, to flood the shop, to test stolen cards.
Of an account, it is also counted how often anybody failed to get in.

What is too much is answered with 429 and `Retry-After`. An office shares one address: the limits
are above what people do, and far below what programs do. Counts are kept where
`RATE_LIMIT_STORAGE` says; several processes that count together need Redis.
https://docs.stripe.com/disputes/prevention/card-testing
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from ipaddress import IPv6Address, IPv6Network, ip_address
from math import ceil
from typing import TYPE_CHECKING, Any

from flask import Flask, request
from flask_login import current_user
from werkzeug import Response
from werkzeug.exceptions import TooManyRequests

from sample_app.accounts import normalized
from sample_app.errors import answer

if TYPE_CHECKING:
    from flask_limiter import Limiter

TEXT = "That was too often. Please wait a little, and try again."


@dataclass(frozen=True)
class Limit:
    """So many POSTs from one address, to all of these endpoints together."""

    most: str
    endpoints: tuple[str, ...]
    counts: Callable[[Response], bool] | None = None  # which answers count; all, if not said
    who: Callable[[], str] | None = None  # whose tries count together; an address's, if not said


def is_decline(response: Response) -> bool:
    return response.status_code == 402


def is_refusal(response: Response) -> bool:
    return response.status_code == 422


def account() -> str:
    """Who is signed in: whoever has a password asks from many addresses, but for one account."""
    return f"customer {getattr(current_user, 'id', 'unknown')}"


def account_named() -> str:
    """Whose account a form names, of one length whatever was typed, and no address in the store."""
    email = normalized(request.form.get("email")) or ""
    return sha256(email.encode()).hexdigest()


def network() -> str:
    """Who asks: an IPv4 address, or the /64 of an IPv6 one, as each customer of a provider has it.

    https://www.ripe.net/publications/docs/ripe-690/
    """
    name = request.remote_addr or "127.0.0.1"  # on a Unix socket nobody has one
    try:
        address = ip_address(name)
    except ValueError:
        return name
    if isinstance(address, IPv6Address) and not address.ipv4_mapped:
        return str(IPv6Network((address, 64), strict=False))
    return name


CARD_ENDPOINTS = ("pages.pay_order", "api.OrderResource")

LIMITS = {
    "sign in": Limit("10 per minute; 100 per hour", ("accounts.sign_in",)),
    # Guesses at one account come from many addresses. But whoever fails on purpose keeps the owner
    # out as well, so this slows down and does not lock: the wait is minutes, and one address alone
    # may not fail often enough to keep it up. The price: some 2900 guesses a day.
    # https://cheatsheetseries.owasp.org/cheatsheets/Authentication_Cheat_Sheet.html
    "wrong password": Limit(
        "20 per 10 minutes", ("accounts.sign_in",), counts=is_refusal, who=account_named
    ),
    "sign up": Limit("5 per minute; 30 per hour", ("accounts.sign_up",)),
    "order": Limit("30 per minute", ("pages.order_cart", "api.OrderResource")),
    "pay": Limit(
        "30 per minute",
        (*CARD_ENDPOINTS, "element.begin", "checkout.start", "api.CheckoutResource"),
    ),
    "two-step": Limit("5 per minute; 20 per hour", ("entrance.ask",), who=account),
    # Whoever tests stolen cards collects declines.
    "decline": Limit("10 per 10 minutes", CARD_ENDPOINTS, counts=is_decline),
}


def init_app(app: Flask) -> None:
    """Put the limits before the views, which must be registered by now."""
    if app.config["RATE_LIMITS"] == "off":
        return
    # It is slow to load: who has no limits does not wait for it.
    from flask_limiter import Limiter, RateLimitExceeded

    limiter = Limiter(
        network,
        app=app,
        storage_uri=app.config["RATE_LIMIT_STORAGE"],
        strategy="moving-window",
        # The shop sells on while Redis is away; each process counts for itself then.
        in_memory_fallback_enabled=True,
    )
    for name, limit in LIMITS.items():
        shared = limiter.shared_limit(
            limit.most,
            scope=name,
            methods=["POST"],
            key_func=limit.who,
            deduct_when=limit.counts,
        )
        for endpoint in limit.endpoints:
            view: Callable[..., Any] = app.view_functions[endpoint]
            app.view_functions[endpoint] = shared(view)
    limited = {endpoint for limit in LIMITS.values() for endpoint in limit.endpoints}
    limiter.request_filter(lambda: request.endpoint not in limited)  # no work where none is
    app.register_error_handler(RateLimitExceeded, partial(refuse, limiter))


def refuse(limiter: "Limiter", _error: Exception) -> Response:
    """Say when to come back."""
    hit = limiter.current_limit
    assert hit, "what is refused has hit a limit"
    return answer(TooManyRequests(TEXT, retry_after=max(1, ceil(hit.reset_at - time.time()))))
