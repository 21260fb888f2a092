"""From `lessons/` to notebooks: `python -m classroom build`.

Every byte of a notebook follows from the sources, so that building twice changes nothing: cell ids
come from the cells' text, metadata is what a reader needs, and nothing tells when or where it ran.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import jupytext
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode
from traitlets.config import Config

from classroom.course import Chapter
from classroom.kernels import course_environment, without_ports
from classroom.percent import handed_out, solved

KERNELS = 2
CELL_TIMEOUT_S = 120
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
# Widgets live as long as their kernel; what stays of them is their line of text.
PASSING = ("application/vnd.jupyter.widget-view+json",)


@dataclass(frozen=True)
class Notebook:
    """One notebook to be made: from which source, where to, and whether it is run."""

    chapter: Chapter
    folder: str
    source: Path
    text: Callable[[str], str]
    run: bool

    @property
    def path(self) -> Path:
        return self.chapter.root / self.folder / f"{self.chapter.slug}.ipynb"


def notebooks(chapter: Chapter) -> Iterator[Notebook]:
    """The notebooks of a chapter: the lesson, the exercises without and with their solutions."""
    yield Notebook(chapter, "notebooks", chapter.lesson, str, run=True)
    if chapter.exercises.exists():
        yield Notebook(chapter, "exercises", chapter.exercises, handed_out, run=False)
        yield Notebook(chapter, "solutions", chapter.exercises, solved, run=True)


@dataclass(frozen=True)
class Built:
    """A notebook that was made: its text, or the `failure` that kept it from being made."""

    path: Path
    text: str
    failure: str = ""

    @property
    def differs(self) -> bool:
        """Whether the file on disk is another one, or none."""
        return not self.path.exists() or self.path.read_text(encoding="utf-8") != self.text

    def write(self) -> None:
        """Put it on disk."""
        self.path.parent.mkdir(exist_ok=True)
        self.path.write_text(self.text, encoding="utf-8", newline="\n")


def build(chapters: list[Chapter]) -> Iterator[Built]:
    """Make every notebook of the chapters, in order; two kernels run at a time."""
    planned = [notebook for chapter in chapters for notebook in notebooks(chapter)]
    with ThreadPoolExecutor(KERNELS) as pool:
        yield from pool.map(made, planned)


def made(notebook: Notebook) -> Built:
    """Make one notebook, and run it if it is one that is."""
    book = drafted(notebook)
    if notebook.run:
        try:
            execute(book, notebook.path.parent)
        except CellExecutionError as error:
            return Built(notebook.path, "", failure=str(error))
    return Built(notebook.path, written(book))


def drafted(notebook: Notebook) -> NotebookNode:
    """The notebook before it is run."""
    source = notebook.text(notebook.source.read_text(encoding="utf-8"))
    book: NotebookNode = jupytext.reads(source, fmt="py:percent")
    book.metadata = nbformat.from_dict(METADATA)
    seen: Counter[str] = Counter()
    for cell in book.cells:
        cell.metadata = nbformat.from_dict(
            {key: cell.metadata[key] for key in ("tags",) if key in cell.metadata}
        )
        digest = hashlib.sha256(cell.source.encode()).hexdigest()[:8]
        seen[digest] += 1
        cell.id = digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"
    book.nbformat, book.nbformat_minor = 4, 5
    return book


def execute(
    book: NotebookNode, folder: Path, *, errors: bool = False, env: dict[str, str] | None = None
) -> None:
    """Run every cell in a fresh kernel in that folder; `errors` goes on after one that fails."""
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="kernel-") as sockets:
        client = NotebookClient(
            book,
            timeout=CELL_TIMEOUT_S,
            kernel_name="python3",
            resources={"metadata": {"path": str(folder)}},
            record_timing=False,
            store_widget_state=False,
            coalesce_streams=True,
            allow_errors=errors,
            config=Config(KernelManager=without_ports(sockets)),
        )
        asyncio.run(client.async_execute(env=env or course_environment()))
    book.metadata = nbformat.from_dict(METADATA)
    for cell in book.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            _tidy(output)


def written(book: NotebookNode) -> str:
    """The text of the notebook's file."""
    nbformat.validate(book)
    return str(nbformat.writes(book)) + "\n"


def _tidy(output: NotebookNode) -> None:
    if output.output_type == "error":
        output.traceback = [
            f"{output.ename}: {output.evalue}"
        ]  # the whole one tells of this machine
    for kind in PASSING:
        output.get("data", {}).pop(kind, None)
