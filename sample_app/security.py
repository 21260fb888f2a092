"""What protects every page: tokens in forms, a content policy, careful cookies."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, request
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

csrf = CSRFProtect()

SETTINGS = {
    # No script reads the session, and no other site's form sends it.
    "SESSION_COOKIE_HTTPONLY": True,
    "SESSION_COOKIE_SAMESITE": "Lax",
    # A form is good for as long as the session that it was made for.
    "WTF_CSRF_TIME_LIMIT": None,
}

# https://docs.stripe.com/security/guide#content-security-policy
STRIPE = {
    "script-src": "https://js.stripe.com https://*.js.stripe.com",
    "frame-src": "https://js.stripe.com https://*.js.stripe.com https://hooks.stripe.com",
    "connect-src": "https://api.stripe.com",
    # Where a form of the shop's may end up: a browser asks, even if the shop redirects there.
    "form-action": "https://checkout.stripe.com https://hooks.stripe.com",
}
# In these, the shop itself has its place as well.
SHARED = ("script-src", "connect-src", "form-action")

LOOPBACK = {"localhost", "127.0.0.1", "[::1]"}
A_YEAR = 365 * 24 * 60 * 60  # seconds


def init_app(app: Flask) -> None:
    """Ask every form for its token, and give every answer its headers."""
    app.config.update(SETTINGS)
    # A shop that the world knows by name is served over https, and its cookies go no other way.
    app.config["SESSION_COOKIE_SECURE"] = bool(public_name(app.config["TRUSTED_HOSTS"]))
    if proxies := app.config["TRUSTED_PROXIES"]:
        # Who asks, and over https or not: each proxy adds its word, and only the last ones count.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies)  # type: ignore[method-assign]
    # Nobody shows the shop in a frame; a notebook may, if it is named here.
    app.config.setdefault("FRAME_ANCESTORS", "'none'")
    csrf.init_app(app)
    app.after_request(protect)


def protect(response: Response) -> Response:
    """Tell the browser what the answer may do, and not to keep it."""
    config = current_app.config
    response.headers["Content-Security-Policy"] = content_policy(
        config["STRIPE_JS_URL"], config["FRAME_ANCESTORS"]
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "strict-origin-when-cross-origin"
    if request.is_secure:
        # From now on, this browser asks over https, whatever a link says.
        response.headers["Strict-Transport-Security"] = f"max-age={A_YEAR}"
    if request.endpoint != "static" or response.status_code >= 400:
        # Who comes to this computer next does not page back through somebody's orders; and whoever
        # is led to a stylesheet that is none leaves the token of their forms in no cache.
        response.headers["Cache-Control"] = "no-store"
    return response


def public_name(hosts: Iterable[str] | None) -> str | None:
    """The first of the shop's names that leads to more than the computer it runs on, if any."""
    return next((host.removeprefix(".") for host in hosts or () if host not in LOOPBACK), None)


def content_policy(stripe_js_url: str, frame_ancestors: str) -> str:
    """Return the Content-Security-Policy: the shop's own files, Stripe.js, and nothing else."""
    url = urlsplit(stripe_js_url)
    origin = f"{url.scheme}://{url.netloc}" if url.netloc else "'self'"
    stripe = STRIPE if url.netloc == "js.stripe.com" else dict.fromkeys(STRIPE, origin)
    directives = {
        "default-src": "'none'",
        "style-src": "'self'",
        "img-src": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": frame_ancestors,
        **stripe,
        **{name: f"'self' {stripe[name]}" for name in SHARED},
    }
    return "; ".join(f"{name} {sources}" for name, sources in directives.items())
