"""`show()`: the shop's own code."""

import functools

import pytest
from IPython.core.formatters import DisplayFormatter

from classroom import show
from classroom.source import Code
from sample_app import money
from sample_app.models import Order


def outer():
    def inner():
        return 1

    return inner


@functools.cache
def wrapped():
    return "`` ``` ````"


def test_a_function_is_shown_under_its_place_in_the_repository(capsys):
    show(money.to_minor_units)
    shown = capsys.readouterr().out
    assert shown.startswith("# sample_app/money.py: to_minor_units\ndef to_minor_units(")


def test_a_class_is_shown(capsys):
    show(Order)
    assert capsys.readouterr().out.startswith("# sample_app/models.py: Order\nclass Order(")


def test_a_module_is_shown_whole(capsys):
    show(money)
    assert capsys.readouterr().out.startswith('# sample_app/money.py\n"""')


def test_what_is_nested_loses_its_indent(capsys):
    show(outer())
    assert capsys.readouterr().out.endswith("\ndef inner():\n    return 1\n")


def test_a_decorated_function_is_shown_not_its_decorator(capsys):
    show(wrapped)
    assert "def wrapped():" in capsys.readouterr().out


def test_a_notebook_colours_the_code_even_if_there_are_backticks_in_it():
    bundle, _ = DisplayFormatter().format(Code("a title", 'fence = "```"'))
    assert bundle["text/markdown"] == '`a title`\n\n````python\nfence = "```"\n````'


@pytest.mark.parametrize("thing", [3, "text", len])
def test_what_has_no_source_is_refused_by_name(thing):
    with pytest.raises(TypeError, match=f"{type(thing).__name__} is none"):
        show(thing)
