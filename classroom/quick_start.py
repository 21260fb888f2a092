"""What Jupyter's libraries may do without, so that everything that loads them starts sooner.

Imported before them, by `python -m classroom` and, as a plugin, by pytest.
"""

import sys

# It compiles a grammar for seconds, to check addresses that nobody here writes; jsonschema does
# without it.
sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]
