"""A course of one small chapter, to try the tools on."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from classroom.book import build
from classroom.course import Chapter, Course


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """The sources alone: nothing is built yet."""
    shutil.copytree(Path(__file__).parent / "course", tmp_path, dirs_exist_ok=True)
    return Course(tmp_path)


@pytest.fixture
def chapter(course: Course) -> Chapter:
    return course.chapter("90")


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The same course with its notebooks; for all tests together, so no test changes it."""
    root = tmp_path_factory.mktemp("built")
    shutil.copytree(Path(__file__).parent / "course", root, dirs_exist_ok=True)
    course = Course(root)
    for notebook in build(course.chapters()):
        notebook.write()
    return course


@pytest.fixture
def learner(built: Course, tmp_path: Path) -> Course:
    """A built course of the test's own."""
    shutil.copytree(built.root, tmp_path, dirs_exist_ok=True)
    return Course(tmp_path)


@pytest.fixture
def new_notebook() -> Iterator[None]:
    """As after a restart of the kernel: no connection yet, and nothing said."""
    from classroom import timeline
    from classroom.connection import connection

    connection.cache_clear()
    timeline.clear()
    yield
    connection.cache_clear()
    timeline.clear()
