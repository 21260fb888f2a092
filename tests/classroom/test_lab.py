"""What `python -m classroom lab` decides before JupyterLab starts."""

import sys

import pytest

from classroom.lab import has_screen, next_notebook
from classroom.progress import record


def test_a_learner_starts_with_the_first_chapter_and_goes_on_where_exercises_are_left(
    course, monkeypatch
):
    other = course.root / "lessons" / "91-count-more"
    other.mkdir()
    (other / "lesson.py").touch()
    (other / "exercises.py").write_text('# %%\ncheck("91.1", ...)\n', encoding="utf-8")
    course.work.mkdir()
    monkeypatch.chdir(course.work)
    assert next_notebook(course) == course.work / "90-count-coins.ipynb"
    record("90.1", course)
    assert next_notebook(course) == course.work / "90-count-coins.ipynb"
    record("90.2", course)
    record("90.3", course)
    assert next_notebook(course) == course.work / "91-count-more.ipynb"
    record("91.1", course)
    assert next_notebook(course) == course.work / "91-count-more.ipynb"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems have a screen")
def test_without_a_screen_no_browser_is_opened(monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert not has_screen()
