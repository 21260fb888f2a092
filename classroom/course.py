"""Where things are: the chapters in `lessons/`, and what is made from them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

CHECKED = re.compile(r'\bcheck\("([\d.]+)"')


@dataclass(frozen=True)
class Chapter:
    """One folder of `lessons/`, such as `04-charge-an-order`."""

    root: Path
    slug: str

    @property
    def number(self) -> str:
        """The two digits the slug starts with, as text: "04"."""
        return self.slug.partition("-")[0]

    @property
    def folder(self) -> Path:
        return self.root / "lessons" / self.slug

    @property
    def lesson(self) -> Path:
        return self.folder / "lesson.py"

    @property
    def exercises(self) -> Path:
        return self.folder / "exercises.py"

    @property
    def checks(self) -> Path:
        return self.folder / "checks.py"

    def exercise_ids(self) -> set[str]:
        """The exercises of this chapter, "4.1" and so on, as their notebook checks them."""
        if not self.exercises.exists():
            return set()
        return set(CHECKED.findall(self.exercises.read_text(encoding="utf-8")))


@dataclass(frozen=True)
class Course:
    """A folder that holds `lessons/`; by default the one this package lives in."""

    root: Path = Path(__file__).resolve().parents[1]

    @classmethod
    def here(cls) -> Course:
        """The course around the current folder (a notebook runs in its own), else this one."""
        cwd = Path.cwd()
        around = (
            folder for folder in (cwd, *cwd.parents) if any(folder.glob("lessons/*/lesson.py"))
        )
        return cls(next(around, cls.root))

    @property
    def work(self) -> Path:
        """The learner's own copies; git ignores them."""
        return self.root / "work"

    def chapters(self) -> list[Chapter]:
        """Every chapter, in order."""
        lessons = sorted(self.root.glob("lessons/[0-9][0-9]-*/lesson.py"))
        return [Chapter(self.root, lesson.parent.name) for lesson in lessons]

    def chapter(self, name: str) -> Chapter:
        """The chapter called "04", "4" or by its whole slug; LookupError when there is none."""
        for chapter in self.chapters():
            if name in (chapter.slug, chapter.number, str(int(chapter.number))):
                return chapter
        numbers = ", ".join(chapter.number for chapter in self.chapters())
        raise LookupError(f"There is no chapter {name!r}. The chapters are {numbers}.")
