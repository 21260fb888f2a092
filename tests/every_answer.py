"""A pytest plugin: every answer that a test got from a local Stripe must fit the SDK's types."""

import json
from collections.abc import Iterator

import pytest

from local_stripe import PUBLISHABLE_KEY, LocalStripe, Request, Response
from local_stripe.contract import check_object
from tests.tally import TALLY

_COUNT = "answers of the local Stripe held against the SDK's types"
_INTERNAL = ("/_local/", "/v1/payment_pages/", "/v1/stripecli/")  # of pages and programs
_WHOLE = ("/v1/confirmation_tokens", "/v1/payment_methods", "/v1/tokens")


class Inspector:
    """Counts the answers it saw, and notes what was wrong with them."""

    def __init__(self) -> None:
        self.complaints: list[str] = []

    def look_at(self, request: Request, response: Response) -> None:
        """Note how the answer differs from the SDK's types; a 5xx always does."""
        if response.fault is not None:
            return  # somebody asked for it
        asked = f"{request.method} {request.path}"
        if response.status >= 500 and "idempotent-replayed" not in response.headers:
            self.complaints.append(f"{asked}: {response.status}")
        if _is_for_a_page(request):
            return  # it has fewer fields than a server gets, and the SDK is for servers
        if request.path.startswith(_INTERNAL) and response.status == 200:
            return  # the SDK does not know it
        TALLY[_COUNT] += 1
        body = json.loads(response.body)
        self.complaints += [f"{asked}: {difference}" for difference in check_object(body)]


_inspector = Inspector()


def _is_for_a_page(request: Request) -> bool:
    """Whether a page asks with a publishable key, and not to create something whole."""
    publishable = PUBLISHABLE_KEY in request.headers.get("authorization", "")
    return publishable and request.path not in _WHOLE


def pytest_configure(config: pytest.Config) -> None:
    """Look over the shoulder of every local Stripe from now on."""
    config.addinivalue_line("markers", "provokes_a_bug: a 500 is what this test is about")
    handle = LocalStripe.handle

    def handle_and_look(self: LocalStripe, request: Request) -> Response:
        response = handle(self, request)
        _inspector.look_at(request, response)
        return response

    LocalStripe.handle = handle_and_look


@pytest.fixture(autouse=True)
def _every_answer_fits_the_types(request: pytest.FixtureRequest) -> Iterator[None]:
    _inspector.complaints.clear()
    yield
    if request.node.get_closest_marker("provokes_a_bug") is None:
        assert not _inspector.complaints, "answers that differ from the SDK's types"
