# Two commands on a bare machine: `make demo` and `make test`; both first set up .venv (see .ci/set-up).
# Needs python3 (3.11 to 3.13), python3-venv, make and git, as Debian 12 has them. Written for macOS on Apple
# silicon too, untested there: POSIX sh, and nothing newer than GNU make 3.81.

# another Python than the one found: make test PYTHON=/path/to/python3.13
PYTHON ?=
# of the web page that `make ui` opens
PORT ?= 3000
# processes of the tests, one more than cores, for some of them mostly wait; more words for pytest: make test ARGS="-k sessions"
WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
ARGS ?=

# what Python compiles is kept, whatever the shell says: a command would else compile hundreds of modules at every start
unexport PYTHONDONTWRITEBYTECODE

SET_UP = @PYTHON="$(PYTHON)" .ci/set-up
PYTEST = .venv/bin/python -m pytest
COMPILE = $$(command -v uv || echo .venv/bin/uv) pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-strip-extras --no-emit-index-url --no-header pyproject.toml

.PHONY: help demo test ui lint bench soak lock clean installed installed-dev

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-6s %s\n", $$1, $$2 }' Makefile

demo: installed ## set up, then run the main job on simulated data
	@.venv/bin/trailhouse demo

test: installed-dev ## set up, then run the tests (ARGS="-k sessions" for some of them)
	@$(PYTEST) -n $(WORKERS) --dist loadgroup $(ARGS)

ui: installed ## open Dagster on this machine only (PORT=3000)
	@echo "Dagster: http://127.0.0.1:$(PORT) in about half a minute; Ctrl-C ends it"
	@DAGSTER_HOME="$$(pwd)" exec .venv/bin/dg dev --host 127.0.0.1 --port $(PORT)

lint: installed-dev ## ruff and pyright
	@.venv/bin/ruff check
	@.venv/bin/ruff format --check
	@.venv/bin/pyright

bench: installed-dev ## measure against peers
	@.venv/bin/python -m bench $(ARGS)

soak: installed-dev ## the crash and load tests, by the hundreds and thousands (HISTORIES=300: fewer of these)
	@$(PYTEST) -m soak --timeout 0 $(ARGS)

lock: installed ## resolve pyproject.toml into the two lock files anew
	@$(COMPILE) --output-file requirements.lock
	@$(COMPILE) --group dev --all-extras --constraints requirements.lock --output-file requirements-dev.lock

clean: ## remove data/ (lake, ledger, warehouse) and Dagster's history, without asking
	@rm -rf data .dagster

installed:
	$(SET_UP) requirements.lock

installed-dev: installed
	$(SET_UP) requirements-dev.lock
