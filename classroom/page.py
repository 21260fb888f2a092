"""`browse()`: a page of the shop, alive inside the notebook.

The page travels as widget output: it lives as long as the kernel does and is never saved, so a
committed notebook holds one line of text, the same on every run (a port would not be).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from urllib.parse import urlsplit

from IPython.display import display

from classroom.recording import place
from classroom.site import current_site

STRIPE_HOSTS = (".stripe.com",)


def browse(page: str = "/", height: int = 560) -> None:
    """Show a page here: a path of the shop that `serve` opened, or a whole URL.

    Stripe's own pages refuse to be framed; they get a link that opens a new tab.
    Raises `RuntimeError` for a path when no shop is open. `height` is in pixels.
    """
    display(page_of(page, height))


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
    if urlsplit(page).scheme:
        url, name = page, urlsplit(page).hostname or page
    else:
        site = current_site()
        url, name = site.url + page, place(site.app, page) or page
    return Page(_view(url, height), f"[{name}: run this cell to open the page here]")


def _view(url: str, height: int) -> str:
    href = escape(url, quote=True)
    link = f'<a href="{href}" target="_blank" rel="noopener">open in a tab of its own ↗</a>'
    if (urlsplit(url).hostname or "").endswith(STRIPE_HOSTS):
        return f"<p>This page is Stripe's and cannot be shown inside another: {link}</p>"
    frame = (
        f'<iframe src="{href}" title="the shop" '
        f'style="width: 100%; height: {height}px; border: 1px solid #ccc; border-radius: 6px">'
        "</iframe>"
    )
    return f'{frame}<div style="text-align: right; font-size: 85%">{link}</div>'
