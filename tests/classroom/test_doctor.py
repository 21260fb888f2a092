"""`python -m classroom doctor`: what is missing, and what to do about it."""

import os
from importlib.metadata import version

import pytest

from classroom.course import Course
from classroom.doctor import Finding, examine


def finding(course: Course, word: str) -> Finding:
    [found] = [finding for finding in examine(course) if word in finding.what]
    return found


def lock(course: Course, *lines: str) -> None:
    text = "".join(f"{line} \\\n    --hash=sha256:00\n" for line in lines)
    (course.root / "requirements.lock").write_text(text, encoding="utf-8")


def test_this_machine_has_every_package_of_the_lock():
    assert not finding(Course(), "packages").advice


def test_a_package_that_is_missing_or_of_another_version_is_named(course):
    lock(course, "flask==0.1", "no-such-package==1.0", f"stripe=={version('stripe')}")
    found = finding(course, "packages")
    assert found.what == "1 of 3 packages as locked"
    assert found.advice.startswith("flask 0.1, no-such-package 1.0 missing or of another version")
    assert "make setup" in found.advice


def test_packages_of_other_platforms_are_not_missed(course):
    lock(course, "no-such-package==1.0 ; sys_platform == 'amiga'")
    assert not finding(course, "packages").advice


def test_a_folder_that_cannot_be_written_is_named(course):
    course.work.write_text("a file where the folder should be", encoding="utf-8")
    assert "cannot be written" in str(finding(course, "work/"))


@pytest.mark.skipif(os.name == "nt", reason="Windows knows a program by the end of its name")
def test_a_browser_without_windows_is_one(course, tmp_path, monkeypatch):
    (tmp_path / "chromium-headless-shell").touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not finding(course, "Chromium").advice


def test_what_is_well_needs_no_advice():
    assert str(Finding("Python 3.11.0")) == "ok Python 3.11.0"
    assert str(Finding("Python 2.7.0", "install 3.11 or newer")) == (
        "!  Python 2.7.0: install 3.11 or newer"
    )
