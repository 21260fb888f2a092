"""Who may import whom: the shop knows neither Stripe's stand-in nor the classroom."""

from importlinter.cli import lint_imports


def test_the_walls_between_the_packages_stand(capsys):
    assert lint_imports(no_cache=True) == 0, capsys.readouterr().out
