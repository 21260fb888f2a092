"""`browse()` and `dashboard()`: a page of the shop or of Stripe, alive inside the notebook.

The page travels as widget output: it lives as long as the kernel does and is never saved, so a
committed notebook holds one line of text, the same on every run (a port would not be).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from urllib.parse import urlsplit

from IPython.display import display

from classroom.connection import connection
from classroom.site import current_site, open_stripe
from classroom.visits import place, stripe_page
from local_stripe.shapes import NOWHERE

STRIPE_HOSTS = (".stripe.com",)
SANDBOX_DASHBOARD = "https://dashboard.stripe.com/test"
DASHBOARD = "Stripe's dashboard"
# The views of the local Stripe's dashboard, and what Stripe's own calls them; "" if it has none.
VIEWS = {
    "payments": "payments",
    "events": "events",
    "deliveries": "webhooks",
    "requests": "logs",
    "faults": "",
    "clock": "",
}
VIEWS_OF_IDS = {"pi_": "payments", "evt_": "events", "req_": "requests"}


def browse(page: str = "/", height: int = 560) -> None:
    """Show a page here: a path of the shop that `serve` opened, or a whole URL.

    The URL may be one that Stripe gave: of Checkout, or of a bank's 3D Secure page.
    The real Stripe's pages refuse to be framed; they get a link that opens a new tab.
    Raises `RuntimeError` for a path when no shop is open. `height` is in pixels.
    """
    display(page_of(page, height))


def dashboard(at: str = "payments", height: int = 560) -> None:
    """Show Stripe's dashboard here, at a view such as "deliveries", or at the thing with this id.

    Things are payments (`pi_…`), events (`evt_…`) and requests (`req_…`).
    Raises `LookupError` for anything else. `height` is in pixels.
    """
    display(dashboard_of(at, height))


@dataclass(frozen=True)
class Page:
    """A live page in a notebook; one line of text everywhere else."""

    html: str
    text: str

    def __repr__(self) -> str:
        return self.text

    def _repr_mimebundle_(self, **_: object) -> Mapping[str, object]:
        from ipywidgets import HTML

        return {**HTML(self.html)._repr_mimebundle_(), "text/plain": self.text}


def page_of(page: str, height: int = 560) -> Page:
    """What `browse` shows."""
    url = _stripes(page)
    if url is not None:
        return _page(url, _name(url), height)
    site = current_site()
    return _page(site.url + page, place(site.app, page) or page, height, title="the shop")


def dashboard_of(at: str = "payments", height: int = 560) -> Page:
    """What `dashboard` shows."""
    view, thing = _view_of(at)
    local = connection().local
    if local is None:
        return _page(f"{SANDBOX_DASHBOARD}/{VIEWS[view]}{thing}".rstrip("/"), DASHBOARD, height)
    return _page(f"{open_stripe(local)}/dashboard#{view}{thing}", DASHBOARD, height)


def _view_of(at: str) -> tuple[str, str]:
    """The view, and the end of an address that opens a thing in it."""
    if at in VIEWS:
        return at, ""
    for prefix, view in VIEWS_OF_IDS.items():
        if at.startswith(prefix):
            return view, f"/{at}"
    known = [*VIEWS, *(f"{prefix}…" for prefix in VIEWS_OF_IDS)]
    raise LookupError(f"The dashboard opens at {', '.join(known)}, and not at {at}.")


def _stripes(page: str) -> str | None:
    """Where the browser finds a page that is not the shop's; None for a path of the shop.

    What Stripe answered before its server started leads nowhere; the server knows the page.
    """
    local = connection().local
    if local is not None:
        for origin in (NOWHERE, local.origin):
            if page.startswith(f"{origin}/"):
                return open_stripe(local) + page.removeprefix(origin)
    return page if urlsplit(page).scheme else None


def _name(url: str) -> str:
    """Of a URL, without anything that differs on another run."""
    parts = urlsplit(url)
    return stripe_page(parts.path) or parts.hostname or url


def _page(url: str, name: str, height: int, title: str = "") -> Page:
    html = _view(url, title or name, height)
    return Page(html, f"[{name}: run this cell to open the page here]")


def _view(url: str, title: str, height: int) -> str:
    href = escape(url, quote=True)
    link = f'<a href="{href}" target="_blank" rel="noopener">open in a tab of its own ↗</a>'
    if (urlsplit(url).hostname or "").endswith(STRIPE_HOSTS):
        return f"<p>This page is Stripe's and cannot be shown inside another: {link}</p>"
    frame = (
        f'<iframe src="{href}" title="{escape(title, quote=True)}" '
        f'style="width: 100%; height: {height}px; border: 1px solid #ccc; border-radius: 6px">'
        "</iframe>"
    )
    return f'{frame}<div style="text-align: right; font-size: 85%">{link}</div>'
