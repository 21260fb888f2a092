"""The course as a learner meets it: JupyterLab in a real browser, a card typed into a notebook."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, FrameLocator, Locator, Page, expect

from classroom.course import Chapter, Course
from classroom.kernels import environment

TOKENS, CHECKOUT = map(Course().chapter, ("01", "07"))
COPIES = [
    f"{name}.ipynb"
    for chapter in (TOKENS, CHECKOUT)
    for name in (chapter.slug, f"{chapter.number}-exercises")
]
SECONDS = 1000  # in milliseconds, as Playwright counts
COPIES_FOLDER = Course().work.name
ADDRESS = re.compile(rf"http://127\.0\.0\.1:\d+/lab/tree/{COPIES_FOLDER}/\S+\.ipynb\?token=\S+")


pytestmark = pytest.mark.timeout(400)  # seconds; the other workers keep the machine busy


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`python -m classroom lab` on a course of two chapters; the address it prints."""
    root = tmp_path_factory.mktemp("course")
    for folder in ("notebooks", "exercises"):
        (root / folder).mkdir()
    for chapter in (TOKENS, CHECKOUT):
        shutil.copytree(chapter.folder, root / "lessons" / chapter.slug)
        for folder in ("notebooks", "exercises"):
            shutil.copy(chapter.root / folder / f"{chapter.slug}.ipynb", root / folder)
    with subprocess.Popen(
        [sys.executable, "-m", "classroom", "lab", "--no-browser"],
        cwd=root,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        printed = "".join(iter(process.stdout.readline, "Ctrl-C ends it.\n"))
        address = ADDRESS.search(printed)
        assert address, printed
        yield address[0]
        process.terminate()


class Notebook:
    """A notebook that is open in JupyterLab."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        page.set_default_timeout(60 * SECONDS)
        page.goto(address)
        name = address.partition("?")[0].rpartition("/")[2]
        expect(page.get_by_role("tab", name=name, selected=True)).to_be_visible()
        idle = page.get_by_role("button", name="(ipykernel) | Idle")
        expect(idle).to_be_visible(timeout=60 * SECONDS)

    @property
    def cells(self) -> Locator:
        return self.page.locator(".jp-Notebook .jp-CodeCell")

    def cell(self, code: str) -> Locator:
        return self.cells.filter(has_text=code).last

    def run_all(self) -> None:
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name="Run All Cells", exact=True).click()

    def run(self, cell: Locator) -> None:
        cell.locator(".jp-InputPrompt").click()
        self.page.keyboard.press("Control+Enter")

    def shop_in(self, cell: Locator) -> FrameLocator:
        return cell.frame_locator("iframe[title='the shop']")

    def expect_output(self, cell: Locator, text: str) -> None:
        """All cells above it run first: on a busy machine that takes a while."""
        expect(cell.locator(".jp-OutputArea")).to_contain_text(text, timeout=200 * SECONDS)


@pytest.fixture
def open_notebook(browser: Browser, lab: str) -> Iterator[Callable[[Chapter], Notebook]]:
    context = browser.new_context()
    first = TOKENS.slug  # the lab's address opens it
    # Without the tabs that were open before: "Run" is about the tab in front, whichever that is.
    fresh = f"{lab}&reset"
    yield lambda chapter: Notebook(context.new_page(), fresh.replace(first, chapter.slug))
    context.close()


def type_card(fields: FrameLocator) -> None:
    fields.get_by_label("Card number").press_sequentially("4242424242424242")
    fields.get_by_label("Expiration date").press_sequentially("1240")
    fields.get_by_label("Security code").press_sequentially("123")


def test_a_learner_pays_in_the_notebook_and_sees_the_order_paid(open_notebook) -> None:
    notebook = open_notebook(TOKENS)
    listed = notebook.page.locator(".jp-DirListing-itemText")
    expect(listed).to_have_text(sorted(COPIES))
    expect(notebook.page.locator(".jp-toast-message, .Toastify__toast")).to_have_count(0)

    notebook.run_all()
    status, pay = notebook.cell('.json["status"]'), notebook.cell("/pay")
    notebook.expect_output(status, "pending")
    shop = notebook.shop_in(pay)
    type_card(shop.frame_locator("#card iframe"))
    shop.get_by_role("button", name="Pay").click()
    expect(shop.get_by_text("Thank you. Your order is paid.")).to_be_visible(timeout=30 * SECONDS)
    notebook.run(status)
    notebook.expect_output(status, "paid")


def test_a_learner_pays_on_stripes_page_in_the_notebook_and_the_webhook_pays_the_order(
    open_notebook,
) -> None:
    notebook = open_notebook(CHECKOUT)
    notebook.run_all()
    status, pay = notebook.cell('.json["status"]'), notebook.cell("/pay")
    notebook.expect_output(status, "pending")
    frame = notebook.shop_in(pay)
    frame.get_by_role("button", name="Check out on Stripe's page").click()
    frame.get_by_label("Email").fill("ann@example.com")
    type_card(frame)
    frame.get_by_label("Name on card").fill("Ann Lee")
    frame.get_by_label("Postal code").fill("94107")
    frame.get_by_role("button", name="Pay $").click()
    expect(frame.get_by_role("heading", name="Thank you")).to_be_visible(timeout=30 * SECONDS)
    expect(frame.get_by_text("waiting for Stripe")).to_be_hidden(timeout=30 * SECONDS)
    notebook.run(status)
    notebook.expect_output(status, "paid")
