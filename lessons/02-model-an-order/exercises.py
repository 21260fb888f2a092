# %% [markdown]
# # 02. Exercises: model an order
#
# Replace each `...`, run the cell, then run the `check` below it. Stuck? `hint("2.1")` gives a
# nudge, and another one each time you ask; `solution("2.1")` shows an answer.
#
# Four exercises, about 25 minutes. All you need is in the lesson of chapter 02.

# %%
from decimal import Decimal

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from classroom import check, hint, solution

# %% [markdown]
# ## 2.1 Turn a price into minor units (6 min)
#
# *You practice:* turning what a person typed into what Stripe counts.
# *Out of scope:* the largest and smallest charge, and the rule that three-decimal amounts end
# in 0.
#
# Write `to_minor_units(amount, currency)`:
#
# - `amount` is a `str`, a `Decimal` or an `int`; a `float` raises `TypeError`.
# - The answer is an `int`: `to_minor_units("19.99", "usd")` is `1999`.
# - A yen is a yen: `to_minor_units("500", "jpy")` is `500`.
# - What the currency cannot express raises `ValueError`: `"9.995"` in dollars, `"0.5"` in yen.
#
# `DECIMALS` knows every currency of this exercise.

# %%
DECIMALS = {"usd": 2, "eur": 2, "gbp": 2, "jpy": 0, "krw": 0, "kwd": 3, "tnd": 3}


def to_minor_units(amount, currency):
    ### BEGIN SOLUTION
    if isinstance(amount, float):
        raise TypeError("A float cannot hold most prices: write '19.99'.")
    minor = Decimal(amount).scaleb(DECIMALS[currency])
    if minor != int(minor):
        raise ValueError(f"There is no {amount} in {currency}.")
    return int(minor)
    ### END SOLUTION


# %%
check("2.1", to_minor_units)

# %% [markdown]
# ## 2.2 Write the rules of a shop that ships (5 min)
#
# *You practice:* writing the rules of a status down as a dict.
# *Out of scope:* storing it, and orders that do not exist yet: `current` is never `None`.
#
# This shop sends parcels. Its rules, in words:
#
# - An order starts out `"pending"`. It becomes `"paid"`, or somebody cancels it: `"canceled"`.
# - A paid order is sent: `"shipped"`. Or the money goes back first: `"refunded"`.
# - A shipped order may still be refunded. It can never be canceled.
# - Nothing follows `"canceled"` and `"refunded"`.
#
# Write the dict, and `move(current, new)`: it returns `new` if the rules allow the step, and
# raises `ValueError` if they do not. A status that does not exist is a `ValueError` as well,
# whichever of the two it is.


# %%
def move(current, new):
    ### BEGIN SOLUTION
    transitions = {
        "pending": {"paid", "canceled"},
        "paid": {"shipped", "refunded"},
        "shipped": {"refunded"},
        "canceled": set(),
        "refunded": set(),
    }
    if new not in transitions.get(current, ()):
        raise ValueError(f"A {current} order cannot become {new}.")
    return new
    ### END SOLUTION


# %%
check("2.2", move)

# %% [markdown]
# ## 2.3 Stop a bad row (6 min)
#
# *You practice:* letting the table itself refuse what must never be stored.
# *Out of scope:* checks in Python, such as `@validates`. They do not help against rows that
# come from another program, and the check inserts such rows.
#
# The shop sells gift cards. This model takes anything. Give it constraints, so that
#
# - a `balance` below zero is refused (zero is an empty card, and fine),
# - two cards can never have the same `code`.


# %%
class Base(DeclarativeBase):
    pass


class GiftCard(Base):
    ### BEGIN SOLUTION
    __tablename__ = "gift_cards"
    __table_args__ = (CheckConstraint("balance >= 0", name="balance_not_negative"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(20), unique=True)
    balance: Mapped[int]
    ### STARTS AS
    # __tablename__ = "gift_cards"
    # id: Mapped[int] = mapped_column(primary_key=True)
    # code: Mapped[str] = mapped_column(String(20))
    # balance: Mapped[int]
    ### END SOLUTION


# %%
check("2.3", GiftCard)

# %% [markdown]
# ## 2.4 Break it, then fix it: the order that lied (8 min)
#
# *You practice:* writing an outcome down when you know it, not before.
# *Out of scope:* asking Stripe what happened after a crash, which is chapter 04.
#
# `pay` below is how more than one course does it. `order` has a `status`; `session.commit()`
# saves it; `charge(order)` returns when Stripe has the money, and raises when it has not, or
# when the program dies on the way.


# %%
class Order:
    status = "pending"


class Drawer:
    """Stands in for a session: it remembers what was committed last."""

    def __init__(self, order):
        self.order, self.saved = order, order.status

    def commit(self):
        self.saved = self.order.status


# %%
def pay(session, order, charge):
    ### BEGIN SOLUTION
    charge(order)
    order.status = "paid"
    session.commit()
    ### STARTS AS
    # order.status = "failed"  # to be safe
    # session.commit()
    # charge(order)
    # order.status = "paid"
    # session.commit()
    ### END SOLUTION


# %% [markdown]
# Run it with a charge that takes the money, just before the power goes out. What does the shop
# remember?

# %%
taken = []


def charge_then_power_cut(order):
    taken.append(3900)
    raise RuntimeError("the power went out")


order = Order()
session = Drawer(order)

try:
    pay(session, order, charge_then_power_cut)
except RuntimeError as crash:
    print(f"{crash}: {sum(taken)} cents taken, the order says {session.saved!r}")

# %% [markdown]
# Mend `pay` above:
#
# - A charge that succeeds leaves the order `"paid"`, and committed.
# - A charge that raises, for whatever reason, leaves it `"pending"`: the truth is not known
#   yet.
# - Whatever `charge` raises goes on to the caller, who has a customer to talk to.

# %%
check("2.4", pay)
