"""Checks for a chapter that exists to test the tools."""

from classroom.exercise import Exercise, Wrong, expect


def check_double(answer) -> None:
    for amount in (0, 1, 999):
        doubled = answer(amount)
        expect(
            doubled == 2 * amount,
            f"Called double({amount}), returned {doubled!r}, expected {2 * amount}.",
        )


def check_share(answer) -> None:
    shares = answer(5, 2)
    expect(
        sum(shares) == 5, f"Called share(5, 2), returned {shares}: {5 - sum(shares)} cent is lost."
    )


def check_no_cents(answer) -> None:
    expect(answer == "jpy", f"{answer!r} has minor units. Expected a currency that has none.")


EXERCISES = (
    Exercise(
        "90.1",
        "Double an amount",
        answer="double",
        check=check_double,
        hints=("Twice is two times.", "The operator is *.", "return 2 * amount"),
        wrong=(
            Wrong("def double(amount):\n    return amount", "returned 1, expected 2"),
            Wrong("def double(amount):\n    return 1 / 0", "raised ZeroDivisionError"),
        ),
    ),
    Exercise(
        "90.2",
        "Share an amount",
        answer="share",
        check=check_share,
        hints=("What does 5 // 2 lose?", "divmod gives both."),
        wrong=(
            Wrong("def share(amount, people):\n    return [2, 2]", "1 cent is lost"),
            Wrong("def share(amount, people):\n    return [amount] * people", "returned [5, 5]"),
        ),
    ),
    Exercise(
        "90.3",
        "Which currency has no cents?",
        answer="no_cents",
        check=check_no_cents,
        hints=("A currency of Asia.",),
        wrong=(
            Wrong('no_cents = "usd"', "'usd' has minor units"),
            Wrong('no_cents = "eur"', "'eur' has"),
        ),
    ),
)
