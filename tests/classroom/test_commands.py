"""`python -m classroom …`, from a shell."""

import subprocess
import sys

import pytest

from classroom import copies
from classroom.kernels import environment


@pytest.fixture
def run(learner):
    """Run a command in the course's folder."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "classroom", *arguments],
            cwd=learner.root,
            env=environment(),
            capture_output=True,
            text=True,
            timeout=100,
        )

    return run


def test_an_answer_is_checked_in_a_fresh_kernel_and_remembered(learner, run):
    _, exercises = copies.make(learner)
    text = exercises.read_text(encoding="utf-8")
    exercises.write_text(text.replace("    ...\\n", "    return 2 * amount\\n"), encoding="utf-8")
    checked = run("check", "90.1")
    assert (checked.stdout, checked.returncode) == ("90.1 correct.\n", 0)
    assert "[#..]  next: 90.2" in run("progress").stdout
    assert "as it was handed out" in run("reset", "90.1").stdout
    assert "[...]  next: 90.1" in run("progress").stdout


def test_an_answer_that_is_not_there_yet_is_no_success(learner, run):
    copies.make(learner)
    checked = run("check", "90.2")
    assert checked.returncode == 1
    assert checked.stdout.startswith("90.2 not attempted yet")


def test_the_copies_can_be_made_without_opening_them(learner, run):
    assert run("work").stdout == "work/ has your copies of the notebooks (2 new).\n"
    assert run("work").stdout == "work/ has your copies of the notebooks (0 new).\n"
    assert (learner.work / "90-exercises.ipynb").exists()


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        (["check", "90.1"], "`python -m classroom lab` makes your copies"),
        (["check", "90.9"], "Chapter 90 has: 90.1, 90.2, 90.3"),
        (["reset", "17"], "There is no chapter '17'. The chapters are 90."),
        (["build", "17"], "There is no chapter '17'. The chapters are 90."),
    ],
)
def test_what_cannot_be_done_is_explained_without_a_traceback(run, arguments, advice):
    refused = run(*arguments)
    assert refused.returncode == 2
    assert advice in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_build_says_what_it_wrote_and_a_check_what_differs(learner, run):
    learner.chapter("90").lesson.write_text("# %%\nprint('light')\n", encoding="utf-8")
    lesson = learner.root / "notebooks" / "90-count-coins.ipynb"
    lesson.write_text("{}", encoding="utf-8")
    checked = run("build", "--check")
    assert checked.returncode == 1
    assert "differs   notebooks/90-count-coins.ipynb" in checked.stdout
    assert lesson.read_text(encoding="utf-8") == "{}"
    built = run("build", "90")
    assert built.returncode == 0
    assert "wrote     notebooks/90-count-coins.ipynb" in built.stdout
    assert "unchanged solutions/90-count-coins.ipynb" in built.stdout


def test_a_build_that_fails_says_where_and_is_no_success(learner, run):
    learner.chapter("90").lesson.write_text("# %%\nmoney / 0\n", encoding="utf-8")
    built = run("build")
    assert built.returncode == 1
    assert "failed    notebooks/90-count-coins.ipynb" in built.stdout
    assert "NameError" in built.stdout
    assert "Traceback" not in built.stderr
