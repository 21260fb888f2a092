# %% [markdown]
# # Count coins
#
# A chapter that exists to test the tools. It has no lesson.

# %%
from classroom import browse, connect, serve, shop, show, timeline
from sample_app.money import to_minor_units

# %%
connect().v1.customers.create({"email": "ada@example.com"})
timeline()

# %%
store = shop()
serve(store)

# %%
browse("/")

# %% tags=["raises-exception"]
raise ValueError("on purpose")

# %%
show(to_minor_units)
