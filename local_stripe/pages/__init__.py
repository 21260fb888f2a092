"""What the local Stripe shows to browsers: Stripe.js, its card field, the bank's page."""

from pathlib import Path

from local_stripe.messages import Response

_HERE = Path(__file__).parent

# Nothing but the local Stripe's own files, and nothing inline; any shop may frame a page.
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
    )
)


def find(path: str) -> Response | None:
    """The page or script at this path, or None."""
    return _PAGES.get(path)


def _page(name: str, content_type: str, **headers: str) -> Response:
    return Response(
        200,
        {
            "content-type": f"{content_type}; charset=utf-8",
            "cache-control": "no-cache",
            "x-content-type-options": "nosniff",
            **{header.replace("_", "-"): value for header, value in headers.items()},
        },
        (_HERE / name).read_bytes(),
    )


_STRIPE_JS = _page("stripe.js", "text/javascript")

_PAGES = {
    "/v3": _STRIPE_JS,
    "/v3/": _STRIPE_JS,
    "/stripe.js": _STRIPE_JS,
    "/v3/card": _page(
        "card.html",
        "text/html",
        content_security_policy=_POLICY,
        referrer_policy="no-referrer",
    ),
    "/3d_secure_2/hosted": _page(
        "challenge.html",
        "text/html",
        content_security_policy=_POLICY,
        referrer_policy="no-referrer",
    ),
    "/3d_secure_2/challenge.css": _page("challenge.css", "text/css"),
    "/3d_secure_2/challenge.js": _page("challenge.js", "text/javascript"),
    "/v3/money.js": _page("money.js", "text/javascript"),
    "/v3/card.css": _page("card.css", "text/css"),
    "/v3/card.js": _page("card.js", "text/javascript"),
    "/v3/cards.js": _page("cards.js", "text/javascript"),
}
