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
from classroom.recording import place, stripe_page
from classroom.site import current_site, open_stripe
from local_stripe.shapes import NOWHERE

STRIPE_HOSTS = (".stripe.com",)
SANDBOX_DASHBOARD = "https://dashboard.stripe.com/test"
DASHBOARD = "Stripe's dashboard"
SHELVES = {"pi_": "payments", "evt_": "events"}  # where the dashboard keeps what has such an id


def browse(page: str = "/", height: int = 560) -> None:
    """Show a page here: a path of the shop that `serve` opened, or a whole URL.

    The URL may be one that Stripe gave: of Checkout, or of a bank's 3D Secure page.
    The real Stripe's pages refuse to be framed; they get a link that opens a new tab.
    Raises `RuntimeError` for a path when no shop is open. `height` is in pixels.
    """
    display(page_of(page, height))


def dashboard(id: str = "", height: int = 560) -> None:
    """Show Stripe's dashboard here, open at a payment (`pi_…`) or an event (`evt_…`).

    Raises `LookupError` for the id of anything else. `height` is in pixels.
    """
    display(dashboard_of(id, height))


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


def dashboard_of(id: str = "", height: int = 560) -> Page:
    """What `dashboard` shows."""
    shelf = next((shelf for prefix, shelf in SHELVES.items() if id.startswith(prefix)), None)
    if id and shelf is None:
        known = " or ".join(f"{prefix}…" for prefix in SHELVES)
        raise LookupError(f"The dashboard opens at {known}, not at {id}.")
    entry = f"{shelf}/{id}" if id else ""
    local = connection().local
    url = f"{open_stripe(local)}/dashboard#{entry}" if local else f"{SANDBOX_DASHBOARD}/{entry}"
    return _page(url.rstrip("#/"), DASHBOARD, height)


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
