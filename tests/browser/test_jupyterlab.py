"""The course as a learner meets it: JupyterLab in a real browser, a card typed into a notebook."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, FrameLocator, Locator, Page, expect

from classroom.course import Course
from classroom.kernels import environment

CHAPTER = Course().chapter("01")
SECONDS = 1000  # in milliseconds, as Playwright counts
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/lab/tree/work/\S+\.ipynb\?token=\S+")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`python -m classroom lab` on a course of one chapter; the address it prints."""
    root = tmp_path_factory.mktemp("course")
    shutil.copytree(CHAPTER.folder, root / "lessons" / CHAPTER.slug)
    for folder in ("notebooks", "exercises"):
        (root / folder).mkdir()
        shutil.copy(CHAPTER.root / folder / f"{CHAPTER.slug}.ipynb", root / folder)
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
        page.set_default_timeout(30 * SECONDS)
        page.goto(address)
        idle = page.get_by_role("button", name="(ipykernel) | Idle")
        expect(idle).to_be_visible(timeout=30 * SECONDS)

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

    def frame_of(self, cell: Locator) -> FrameLocator:
        return cell.frame_locator("iframe[title='the shop']")


@pytest.fixture(scope="module")  # opening it takes seconds, and no test changes what another needs
def notebook(browser: Browser, lab: str) -> Iterator[Notebook]:
    context = browser.new_context()
    yield Notebook(context.new_page(), lab)
    context.close()


def test_jupyterlab_comes_up_quiet_on_the_learners_copies(notebook: Notebook) -> None:
    listed = notebook.page.locator(".jp-DirListing-itemText")
    expect(listed).to_have_text(["01-collect-a-card-get-a-token.ipynb", "01-exercises.ipynb"])
    expect(notebook.page.locator(".jp-toast-message, .Toastify__toast")).to_have_count(0)


def test_a_learner_pays_in_the_notebook_and_sees_the_order_paid(notebook: Notebook) -> None:
    notebook.run_all()
    status, pay = notebook.cell('.json["status"]'), notebook.cell("/pay")
    expect(status.locator(".jp-OutputArea")).to_contain_text("pending", timeout=60 * SECONDS)

    shop = notebook.frame_of(pay)
    card = shop.frame_locator("#card iframe")
    card.get_by_label("Credit or debit card number").press_sequentially("4242424242424242")
    card.get_by_label("Expiration date").press_sequentially("1240")
    card.get_by_label("Security code").press_sequentially("123")
    shop.get_by_role("button", name="Pay").click()
    thanks = shop.get_by_text("Thank you. Your order is paid.")
    expect(thanks).to_be_visible(timeout=30 * SECONDS)

    notebook.run(status)
    expect(status.locator(".jp-OutputArea")).to_contain_text("paid", timeout=10 * SECONDS)
