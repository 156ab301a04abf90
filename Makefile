# make check   a verdict on the protocol as it stands
# make test    the whole test suite, with a coverage gate for statemachine/
# make lint    ruff and mypy          make format  let ruff rewrite
# make docs    the API reference, in build/docs
# make vectors the vectors and schemas of specs/, made anew
# make bench   the benchmarks, kept in build/benchmarks.json
# make bench-compare BASE=COMMIT [ROUNDS=5] [ONLY=EXPRESSION]   this tree beside a commit
# make bench-growth   what grows with the state, one thing at a time
# make unseen   bugs by people who had not seen the laws, each put to a check of a minute
# make profile ENGINE=fuzz [RUNS=40]   where an engine's time goes
# make clean   forget everything that was made
#
# The first call makes the environment VENV; later ones use it as it is, until
# pyproject.toml or constraints.txt changes.

PYTHON ?= python3
VENV ?= .venv
PYTEST_FLAGS ?= -n auto

# Tests of pairings in pure Python: under the tracer of the coverage gate they take minutes.
PAIRINGS := py_ecc or crypto

BIN := $(VENV)/bin
INSTALL = $(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt

.DEFAULT_GOAL := check
.PHONY: check test lint format docs bench bench-compare bench-growth profile unseen clean vectors

check: $(VENV)/.installed
	$(BIN)/stakespec check

test: $(VENV)/.installed-dev
	$(BIN)/pytest $(PYTEST_FLAGS) tests/statemachine -k "not ($(PAIRINGS))" --cov
	$(BIN)/pytest $(PYTEST_FLAGS) tests/statemachine -k "$(PAIRINGS)"
	$(BIN)/pytest $(PYTEST_FLAGS) --dist loadgroup --ignore=tests/statemachine

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/.installed-dev
	$(BIN)/python docs/build.py build/docs

vectors: $(VENV)/.installed
	$(BIN)/stakespec vectors fill -o specs/vectors
	$(BIN)/stakespec vectors schemas -o specs/schemas

bench: $(VENV)/.installed-dev
	mkdir -p build
	$(BIN)/pytest tests/benchmarks --benchmark-enable --benchmark-only \
		--benchmark-json=build/benchmarks.json

bench-compare: $(VENV)/.installed-dev
	$(BIN)/python -m tests.benchmarks.compare $(BASE) --rounds $(or $(ROUNDS),5) --only "$(ONLY)"

bench-growth: $(VENV)/.installed-dev
	$(BIN)/python -m tests.benchmarks.growth

unseen: $(VENV)/.installed-dev
	$(BIN)/python -m tests.unseen.measure

profile: $(VENV)/.installed-dev
	$(BIN)/python -m tests.benchmarks.shares $(ENGINE) --runs $(or $(RUNS),40)

clean:
	rm -rf .venv build dist *.egg-info
	rm -rf .benchmarks .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@echo "Making the environment $(VENV)"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing stakespec into $(VENV)"
	@$(INSTALL) -e .
	@touch $@

# The development environment holds the other: `make check` after `make test` installs nothing.
$(VENV)/.installed-dev: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing stakespec and its development tools into $(VENV)"
	@$(INSTALL) -e '.[dev]'
	@touch $(VENV)/.installed $@
