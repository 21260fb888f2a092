"""`python -m classroom …`: the tools around the notebooks."""

from __future__ import annotations

import argparse
import sys

# Compiling a grammar for addresses that nobody here writes takes it seconds; without it, jsonschema
# leaves them unchecked and Jupyter starts four times as fast.
sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]

from classroom.course import Course  # noqa: E402 - after the line that makes it quick


def main() -> int:
    """Run one command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m classroom", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")

    build = commands.add_parser("build", help="make the notebooks from lessons/")
    build.add_argument(
        "chapters", nargs="*", metavar="chapter", help="04, say; all of them if none"
    )
    build.add_argument("--check", action="store_true", help="write nothing, say what differs")
    build.set_defaults(run=_build)

    lab = commands.add_parser("lab", help="open the course in JupyterLab")
    lab.add_argument("--no-browser", action="store_true", help="only print the address")
    lab.set_defaults(run=_lab)

    arguments = parser.parse_args()
    try:
        return int(arguments.run(arguments))
    except LookupError as unknown:
        parser.exit(2, f"{unknown.args[0]}\n")


def _build(arguments: argparse.Namespace) -> int:
    from classroom.book import build

    course = Course.here()
    chapters = [course.chapter(name) for name in arguments.chapters] or course.chapters()
    differs = 0
    for path, text, new in build(chapters):
        name = path.relative_to(course.root).as_posix()
        differs += new
        if new and not arguments.check:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        print(f"{VERBS[new, arguments.check]:9} {name}", flush=True)
    return 1 if arguments.check and differs else 0


def _lab(arguments: argparse.Namespace) -> int:
    from classroom.lab import lab

    lab(Course.here(), browser=not arguments.no_browser)
    return 0


VERBS = {
    (False, False): "unchanged",
    (False, True): "unchanged",
    (True, False): "wrote",
    (True, True): "differs",
}


if __name__ == "__main__":
    sys.exit(main())
