"""What the local Stripe shows to browsers: Stripe.js, its card field, and whole pages.

The files know what the server knows by placeholders, `{publishable_key}` and its kin.
"""

from pathlib import Path

from local_stripe import currencies, languages, shapes
from local_stripe.auth import PUBLISHABLE_KEY, SECRET_KEY
from local_stripe.messages import Response

_HERE = Path(__file__).parent

# Nothing but the local Stripe's own files, and nothing inline; any shop may frame a page.
_PLACEHOLDERS = {
    b"{merchant}": shapes.MERCHANT.encode(),
    b"{publishable_key}": PUBLISHABLE_KEY.encode(),
    b"{secret_key}": SECRET_KEY.encode(),
    b"{languages}": " ".join(languages.TABLES).encode(),
    b"{zero_decimal}": " ".join(sorted(currencies.ZERO_DECIMAL)).encode(),
    b"{three_decimal}": " ".join(sorted(currencies.THREE_DECIMAL)).encode(),
}
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
    if path.startswith(("/c/pay/", "/c/embed/")):  # whatever the session: the page asks for it
        return _CHECKOUT
    return _PAGES.get(path)


def _page(name: str, content_type: str, **headers: str) -> Response:
    return _response((_HERE / name).read_bytes(), content_type, **headers)


def _response(text: bytes, content_type: str, **headers: str) -> Response:
    return Response(
        200,
        {
            "content-type": f"{content_type}; charset=utf-8",
            "cache-control": "no-cache",
            "x-content-type-options": "nosniff",
            **{header.replace("_", "-"): value for header, value in headers.items()},
        },
        _filled(text),
    )


def _filled(text: bytes) -> bytes:
    for placeholder, value in _PLACEHOLDERS.items():
        text = text.replace(placeholder, value)
    return text


def _document(name: str) -> Response:
    return _page(name, "text/html", content_security_policy=_POLICY, referrer_policy="no-referrer")


def _words() -> dict[str, Response]:
    """The pages' words in each language but English, by path."""
    files = [f"words/{file.name}" for file in languages.TABLES.values()]
    return {f"/v3/{file}": _page(file, "application/json") for file in files}


def _scripts(folder: str) -> dict[str, Response]:
    """Each script of a folder, by its path."""
    names = [script.name for script in (_HERE / folder).glob("*.js")]
    return {f"/{folder}/{name}": _page(f"{folder}/{name}", "text/javascript") for name in names}


def _stripe_js() -> Response:
    """Stripe.js: one classic script, whose parts share nothing with the page that loads it."""
    parts = (
        "frames", "refusals", "elements", "challenges", "payments", "embedded",
        "checkout-elements", "stripe",
    )  # fmt: skip
    text = b"\n".join((_HERE / f"stripe-js/{part}.js").read_bytes() for part in parts)
    return _response(b'(() => {\n"use strict";\n\n' + text + b"})();\n", "text/javascript")


_STRIPE_JS = _stripe_js()

_CHECKOUT = _document("checkout.html")

_PAGES = {
    "/": Response(303, {"location": "dashboard"}, b""),  # who opens the bare address means that
    "/v3": _STRIPE_JS,
    "/v3/": _STRIPE_JS,
    "/stripe.js": _STRIPE_JS,
    "/v3/card": _document("card.html"),
    "/3d_secure_2/hosted": _document("challenge.html"),
    "/3d_secure_2/challenge.css": _page("challenge.css", "text/css"),
    "/3d_secure_2/challenge.js": _page("challenge.js", "text/javascript"),
    "/v3/controller": _document("controller.html"),
    "/v3/controller.js": _page("controller.js", "text/javascript"),
    "/v3/line.js": _page("line.js", "text/javascript"),
    "/v3/money.js": _page("money.js", "text/javascript"),
    "/v3/pay-form.css": _page("pay-form.css", "text/css"),
    "/v3/pay-form.js": _page("pay-form.js", "text/javascript"),
    "/v3/payment": _document("payment.html"),
    "/v3/payment.css": _page("payment.css", "text/css"),
    "/v3/payment.js": _page("payment.js", "text/javascript"),
    "/v3/card.css": _page("card.css", "text/css"),
    "/v3/card.js": _page("card.js", "text/javascript"),
    "/v3/cards.js": _page("cards.js", "text/javascript"),
    "/v3/api.js": _page("api.js", "text/javascript"),
    "/v3/words.js": _page("words.js", "text/javascript"),
    **_words(),
    "/v3/typing.js": _page("typing.js", "text/javascript"),
    "/c/checkout.css": _page("checkout.css", "text/css"),
    "/c/checkout.js": _page("checkout.js", "text/javascript"),
    "/dashboard": _document("dashboard/dashboard.html"),
    "/dashboard/dashboard.css": _page("dashboard/dashboard.css", "text/css"),
    **_scripts("dashboard"),
}
