# %% [markdown]
# # Count coins: exercises

# %%
from classroom import check

# %% [markdown]
# ## 90.1 Double an amount


# %%
def double(amount):
    """Twice the amount."""
    ### BEGIN SOLUTION
    return 2 * amount
    ### END SOLUTION


check("90.1", double)

# %% [markdown]
# ## 90.2 Break it, then fix it: share an amount
#
# Two people share 5 cents. Run this, then mend it: no cent may get lost.


# %%
def share(amount, people):
    ### BEGIN SOLUTION
    each, rest = divmod(amount, people)
    return [each + 1] * rest + [each] * (people - rest)
    ### STARTS AS
    # return [amount // people] * people
    ### END SOLUTION


# %%
check("90.2", share)

# %% [markdown]
# ## 90.3 Which currency has no cents?

# %%
no_cents = (
    ### BEGIN SOLUTION
    "jpy"
    ### END SOLUTION
)
check("90.3", no_cents)
