"""The same lessons on a sandbox of the learner's own, as far as a stand-in for Stripe shows."""

import pytest

from classroom.book import drafted, execute, notebooks
from classroom.course import Course
from classroom.kernels import environment
from tests.sandbox import sandbox

CHAPTERS = Course().chapters()


@pytest.mark.parametrize("chapter", CHAPTERS, ids=[chapter.slug for chapter in CHAPTERS])
def test_a_lesson_runs_on_a_sandbox_but_for_what_only_the_local_stripe_can(chapter, tmp_path):
    lesson, *_ = notebooks(chapter)
    book = drafted(lesson)
    with sandbox() as own:
        execute(book, tmp_path, errors=True, env=environment() | own.environment)
    failed = [
        (cell.source, output.evalue)
        for cell in book.cells
        for output in cell.get("outputs", [])
        if output.output_type == "error" and "raises-exception" not in cell.metadata.get("tags", [])
    ]
    unexplained = [failure for failure in failed if "your Stripe sandbox" not in failure[1]]
    assert unexplained == []
