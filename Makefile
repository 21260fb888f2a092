# Two commands do everything: `make lab` (the course) and `make test` (every test).
# Each target sets up what it needs; `make setup` makes .venv once, and again when the lock changes.

PYTHON ?= python3
ifeq ($(OS),Windows_NT)
BIN := .venv/Scripts
else
BIN := .venv/bin
endif
PY := $(BIN)/python
READY := .venv/.ready
export UV_LINK_MODE := copy
# Compiled modules are kept, whatever the machine prefers: a kernel then starts three times as fast.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: setup lab shop test build lint bench licences audit lock clean
.DEFAULT_GOAL := lab

setup: $(READY)

# uv installs in a tenth of pip's time; pip installs uv itself, by the same locked hash.
$(READY): requirements.lock
	@$(PYTHON) -c "import sys; sys.exit(0 if sys.version_info >= (3, 11) else 'Python 3.11 or newer is needed; this is ' + sys.version.split()[0] + '. Name one: make PYTHON=python3.12')"
	@echo "[1/3] making .venv with $(PYTHON)"
	@$(PYTHON) -m venv --clear .venv
	@echo "[2/3] installing the installer"
	@sed -n '/^uv==/,/[^\\]$$/p' requirements.lock > .venv/uv.lock
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r .venv/uv.lock
	@echo "[3/3] installing every package of requirements.lock (about 160 MB to fetch the first time)"
	@$(BIN)/uv pip install --python $(PY) --compile-bytecode --require-hashes -r requirements.lock --quiet
	@touch $(READY)
	@echo "ready: .venv"

lab: $(READY)
	@$(PY) -m classroom lab

shop: $(READY)
	@$(PY) -m classroom shop

test: lint
	@$(PY) -m pytest

build: $(READY)
	@$(PY) -m classroom build

lint: $(READY)
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/pyrefly check --summary=none --output-format=min-text

bench: $(READY)
	@$(PY) -m bench

licences: $(READY)
	@$(BIN)/pip-licenses --from=mixed --order=license

# Asks PyPI which locked versions have known weaknesses; fails where that does not answer, as on a mirror.
audit: $(READY)
	@$(BIN)/uv tool run pip-audit@2.10.1 --strict --disable-pip --require-hashes -r requirements.lock

lock: $(READY)
	@$(BIN)/uv pip compile pyproject.toml --all-extras --group local-stripe --group classroom --group test --group lint --group bench \
		--universal --generate-hashes --no-emit-index-url --no-annotate --no-header --upgrade --quiet -o requirements.lock

clean:
	@rm -rf .venv build test-results .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@echo "removed .venv and caches; your work/ and instance/ stay"
