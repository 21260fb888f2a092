"""Finding the course and its chapters."""

import pytest

from classroom.course import Course


def test_chapters_are_discovered_in_order(course):
    (course.root / "lessons" / "05-second").mkdir()
    (course.root / "lessons" / "05-second" / "lesson.py").touch()
    (course.root / "lessons" / "91-without-a-lesson").mkdir()
    assert [chapter.slug for chapter in course.chapters()] == ["05-second", "90-count-coins"]


@pytest.mark.parametrize("name", ["90", "90-count-coins"])
def test_a_chapter_goes_by_its_number_or_its_slug(course, name):
    assert course.chapter(name).slug == "90-count-coins"


def test_chapter_numbers_need_no_leading_zero():
    assert Course().chapter("4") == Course().chapter("04")


def test_an_unknown_chapter_says_which_there_are(course):
    with pytest.raises(LookupError, match=r"no chapter '17'\. The chapters are 90\."):
        course.chapter("17")


def test_a_notebook_belongs_to_the_course_around_its_folder(course, monkeypatch):
    course.work.mkdir()
    monkeypatch.chdir(course.work)
    assert Course.here() == course


def test_elsewhere_the_course_is_the_one_of_this_package(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert Course.here() == Course()


def test_a_chapter_knows_its_exercises(chapter):
    assert chapter.exercise_ids() == {"90.1", "90.2", "90.3"}
