"""The tools around the notebooks."""

from __future__ import annotations

import argparse
import sys
from argparse import Namespace
from typing import TYPE_CHECKING

import classroom.quick_start  # noqa: F401 - first of all
from classroom.course import Course

if TYPE_CHECKING:
    from classroom.book import Built


def main() -> int:
    """Run one command; returns the exit code."""
    parser = _parser()
    arguments = parser.parse_args()
    try:
        return int(arguments.run(arguments, Course.here()) or 0)
    except LookupError as unknown:
        parser.exit(2, f"{unknown.args[0]}\n")
    except KeyboardInterrupt:
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m classroom", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")

    lab = commands.add_parser("lab", help="open the course in JupyterLab")
    lab.add_argument("--no-browser", action="store_true", help="only print the address")
    lab.set_defaults(run=_lab)

    work = commands.add_parser("work", help="make your copies of the notebooks; lab does, too")
    work.set_defaults(run=_work)

    shop = commands.add_parser("shop", help="run the shop and a local Stripe")
    shop.set_defaults(run=_shop)

    check = commands.add_parser("check", help="check your answer in a fresh kernel")
    check.add_argument("exercise", help="4.2, say")
    check.set_defaults(run=_check)

    progress = commands.add_parser("progress", help="which exercises you have done")
    progress.set_defaults(run=_progress)

    reset = commands.add_parser("reset", help="put your copy back as it was handed out")
    reset.add_argument("what", help="an exercise, 4.2, or a whole chapter, 04")
    reset.set_defaults(run=_reset)

    doctor = commands.add_parser("doctor", help="is this machine ready?")
    doctor.set_defaults(run=_doctor)

    build = commands.add_parser("build", help="make the notebooks from lessons/")
    build.add_argument("chapters", nargs="*", metavar="chapter", help="04, say; else all of them")
    build.add_argument("--check", action="store_true", help="write nothing, say what differs")
    build.set_defaults(run=_build)
    return parser


# Each command imports what it needs: together they would take seconds.


def _lab(arguments: Namespace, course: Course) -> None:
    from classroom.lab import lab

    lab(course, browser=not arguments.no_browser)


def _work(_: Namespace, course: Course) -> None:
    from classroom import copies

    print(f"work/ has your copies of the notebooks ({len(copies.make(course))} new).")


def _shop(_: Namespace, __: Course) -> None:
    from classroom.connection import KeyRefused
    from classroom.storefront import open_shop

    try:
        open_shop()
    except KeyRefused as refused:
        sys.exit(str(refused))


def _check(arguments: Namespace, course: Course) -> int:
    from classroom.rerun import rerun

    said = rerun(arguments.exercise, course)
    print(said)
    return 0 if f"{arguments.exercise} correct." in said else 1


def _progress(_: Namespace, course: Course) -> None:
    from classroom.progress import report

    print(report(course))


def _reset(arguments: Namespace, course: Course) -> None:
    from classroom import copies, progress

    if "." in arguments.what:
        copies.reset_exercise(arguments.what, course)
        progress.forget({arguments.what}, course)
    else:
        chapter = course.chapter(arguments.what)
        copies.reset(chapter)
        progress.forget(chapter.exercise_ids(), course)
    print(f"{arguments.what} is as it was handed out. If it is open, reload it from disk.")


def _doctor(_: Namespace, course: Course) -> int:
    from classroom.doctor import examine

    findings = list(examine(course))
    print("\n".join(map(str, findings)))
    return int(any(finding.advice for finding in findings))


def _build(arguments: Namespace, course: Course) -> int:
    from classroom.book import build

    chapters = [course.chapter(name) for name in arguments.chapters] or course.chapters()
    wrong = 0
    for built in build(chapters):
        verdict = _verdict(built, keep=arguments.check)
        wrong += verdict in ("failed", "differs")
        print(f"{verdict:9} {built.path.relative_to(course.root).as_posix()}", flush=True)
        if built.failure:
            print(built.failure)
    return int(wrong > 0)


def _verdict(built: Built, *, keep: bool) -> str:
    if built.failure:
        return "failed"
    if not built.differs:
        return "unchanged"
    if keep:
        return "differs"
    built.write()
    return "wrote"


if __name__ == "__main__":
    sys.exit(main())
