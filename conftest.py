"""What every test's kernel gets, a notebook's under nbval too: this course, and nobody's keys."""

import os

from classroom.kernels import course_environment

_environment = course_environment()
os.environ.clear()
os.environ.update(_environment)
