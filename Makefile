# `make plan` runs the main job on real data, `make serve` the quote service, `make test` checks everything.
PYTHON ?= python3
BIN := .venv/bin
# One thread for linear algebra: the matrices are small, and sums then come in the same order on any number of cores.
export OPENBLAS_NUM_THREADS := 1
PIP := PIP_CONSTRAINT=constraints.txt $(BIN)/python -m pip --disable-pip-version-check install --quiet

.PHONY: plan test serve lint clean
.DEFAULT_GOAL := plan

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/plan.stamp: pyproject.toml constraints.txt | .venv/bin/python
	$(PIP) --editable '.[examples,report,fast]'
	touch $@

.venv/test.stamp: pyproject.toml constraints.txt | .venv/bin/python
	$(PIP) --editable '.[dev]'
	touch $@

.venv/serve.stamp: pyproject.toml constraints.txt | .venv/bin/python
	$(PIP) --editable '.[service]'
	touch $@

plan: .venv/plan.stamp  ## real contact history to a checked roster and its report, in out/
	$(BIN)/python examples/bank/main.py

serve: .venv/serve.stamp  ## the quote service and its form on http://127.0.0.1:8000/
	$(BIN)/python examples/service/app.py

test: .venv/test.stamp  ## everything: lint, types, layers, tests, doctests, examples
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m pytest -n 2 --dist worksteal

clean:
	rm -rf .venv out .pytest_cache .mypy_cache .ruff_cache .hypothesis
