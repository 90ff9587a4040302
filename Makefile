# One command for each thing a newcomer wants: see README.md. Nothing here needs root but `make test`.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup run test check soak reliability bench messages translations
PYTHON ?= python3
BIN := .venv/bin
MINUTES ?= 10
# Most of a test's time is waiting for real parts; a file's tests share what it started, so they stay together.
JOBS ?= 3
BENCH_ARGS ?= --quick
BENCHMARKS = $(basename $(notdir $(shell grep -l -e '--quick' benchmarks/*.py)))
# What fails beside others runs once more by itself, so that a crowded machine is told from a fault: CONTRIBUTING.md.
alone = { test $(1) -eq 1 && echo "Failed above: their files once more, alone." && $(BIN)/python -m pytest $$($(BIN)/python tests/failed_files.py); }
# An environment is made again when one of these changes; otherwise `make setup` ends at once.
MADE_FROM := pyproject.toml hatch_build.py package.json package-lock.json
# What marks a text besides _(): see server/errors.py.
MARKS := _l msgid lazy_gettext Invalid:2 NotFound:2 Forbidden:2 Conflict:2
CATALOGUES := $(wildcard server/translations/*/LC_MESSAGES/messages.po)

help:  ## Say what each command does
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/make \1\t\2/' | expand -t 16

setup: .venv/made-dev translations  ## Make .venv with everything to develop and test

run: .venv/made-run translations  ## Start the whole system on this machine (PORT, DATA_DIR, DATABASE_URL, BROKER_URL, FILES_URL)
	@exec $(BIN)/cauthang up

test:  ## Install what the tests need on this machine, then run them all
	@PYTHON="$(PYTHON)" bash tests/machine.sh
	@$(MAKE) --no-print-directory setup
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile $(PYTEST_ARGS) || $(call alone,$$?)

check: setup  ## Lint, format, types, layers: seconds
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/test_layers.py

soak: setup  ## Long fault and property runs; MINUTES=n bounds them
	MINUTES=$(MINUTES) $(BIN)/python -m pytest -m soak $(PYTEST_ARGS)

reliability: setup  ## Every fault in its full number of rounds, an hour and more: writes RELIABILITY.md (SEED=n repeats)
	$(BIN)/python -m pytest -m soak tests/faults $(PYTEST_ARGS)

bench: setup  ## Every benchmark, quick (BENCH_ARGS= for the full length)
	@for name in $(BENCHMARKS); do echo "== $$name"; $(BIN)/python -P -m benchmarks.$$name $(BENCH_ARGS) || exit 1; done

messages: setup  ## Collect the texts of the pages and put new ones into server/translations/en
	$(BIN)/pybabel extract -F babel.cfg $(addprefix -k ,$(MARKS)) --omit-header --no-location --sort-output -o .venv/messages.pot server media
	$(BIN)/pybabel update -i .venv/messages.pot -d server/translations -l en --no-fuzzy-matching --ignore-obsolete --init-missing

.venv/made-dev: $(MADE_FROM) | .venv/made-venv
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch .venv/made-dev .venv/made-run

.venv/made-run: $(MADE_FROM) | .venv/made-venv
	@echo "Installing Cầu Thang into .venv (once, a few minutes at most)…"
	@$(BIN)/pip install --quiet --disable-pip-version-check -e '.[server,player]'
	@touch .venv/made-run

.venv/made-venv:
	@bash deploy/make_venv.sh "$(PYTHON)" .venv && touch .venv/made-venv

translations: .venv/translations

.venv/translations: $(CATALOGUES) | .venv/made-venv
	@$(if $(CATALOGUES),$(BIN)/pybabel --quiet compile -d server/translations,true)
	@touch .venv/translations
