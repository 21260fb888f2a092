"""The build: the same bytes on every run, and nothing of the machine it ran on."""

import json
import os
import re

from classroom.book import build, drafted, notebooks


def book(course, folder: str) -> dict:
    path = course.root / folder / "90-count-coins.ipynb"
    return json.loads(path.read_text(encoding="utf-8"))


def outputs(course, folder: str) -> list[dict]:
    cells = book(course, folder)["cells"]
    return [output for cell in cells for output in cell.get("outputs", [])]


def test_a_second_build_changes_no_byte(built):
    assert [made.differs for made in build(built.chapters())] == [False, False, False]


def test_a_changed_source_shows(learner):
    learner.chapter("90").exercises.unlink()
    learner.chapter("90").lesson.write_text("# %%\nprint('new')\n", encoding="utf-8")
    differing = [made.path.parent.name for made in build(learner.chapters()) if made.differs]
    assert differing == ["notebooks"]


def test_a_cell_that_fails_is_shown_and_the_other_notebooks_are_made(learner):
    learner.chapter("90").lesson.write_text("# %%\nmoney / 0\n", encoding="utf-8")
    lesson, *others = build(learner.chapters())
    assert "name 'money' is not defined" in lesson.failure
    assert not any(made.failure for made in others)


def test_exercises_are_handed_out_unsolved_and_not_run(built):
    text = json.dumps(book(built, "exercises"))
    assert "divmod" not in text
    assert outputs(built, "exercises") == []


def test_solutions_are_run_and_pass_their_checks(built):
    said = ["".join(output["text"]) for output in outputs(built, "solutions")]
    assert said == ["90.1 correct.\n", "90.2 correct.\n", "90.3 correct.\n"]


def test_a_built_notebook_tells_nothing_of_where_and_when_it_ran(built):
    text = json.dumps(book(built, "notebooks"))
    assert str(built.root) not in text
    assert os.sep + "tmp" not in text
    assert not re.search(r"127\.0\.0\.1|0x[0-9a-f]{6,}|widget|execution\"", text)


def test_an_error_on_purpose_keeps_its_message_and_loses_its_traceback(built):
    [error] = [output for output in outputs(built, "notebooks") if "ename" in output]
    assert error["traceback"] == ["ValueError: on purpose"]


def test_cells_keep_their_ids_when_another_is_put_before_them(chapter):
    def ids() -> list[str]:
        lesson, *_ = notebooks(chapter)
        return [cell.id for cell in drafted(lesson).cells]

    before = ids()
    text = chapter.lesson.read_text(encoding="utf-8")
    chapter.lesson.write_text("# %%\nprint()\n\n# %%\nprint()\n\n" + text, encoding="utf-8")
    first, second, *rest = ids()
    assert rest == before
    assert second == f"{first}-2"


def test_the_builders_own_keys_stay_out(learner, monkeypatch):
    monkeypatch.setenv("STRIPE_SECRET_KEY", "sk_test_visiblyFake")
    learner.chapter("90").exercises.unlink()
    learner.chapter("90").lesson.write_text(
        "# %%\nimport os\n\nos.environ.get('STRIPE_SECRET_KEY')\n", encoding="utf-8"
    )
    [lesson] = build(learner.chapters())
    assert "sk_test" not in lesson.text
