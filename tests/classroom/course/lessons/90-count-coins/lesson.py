# %% [markdown]
# # Count coins
#
# A chapter that exists to test the tools. It has no lesson.

# %%
from classroom import browse, connect, local, serve, shop, show, timeline

stripe = connect()
stripe.v1.customers.create({"email": "ada@example.com"}).email

# %%
timeline()

# %% tags=["raises-exception"]
1 / 0

# %%
from sample_app.money import to_minor_units

show(to_minor_units)
