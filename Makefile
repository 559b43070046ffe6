# Every target does its own set-up.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON := .venv/bin/python
UV_VERSION := 0.13.9
UV := $(or $(shell command -v uv 2>/dev/null),.tools/bin/uv)
# Where Homebrew keeps what it installs; `jobs/java.py` looks there for a Java, too.
BREW_PREFIXES := /opt/homebrew /usr/local
# Values that are given reach programs through the environment, quoted, as they were written: neither make nor a shell
# reads in them what to run.
GIVEN := BUSINESS_DATE FROM TO PEOPLE SEED OUT BANKS DIRT DRIFT ONLY
$(foreach name,$(GIVEN),$(eval override $(name) := $$(value $(name))))
export $(GIVEN)
# A night by Airflow starts some eighty processes: none of them shall compile the same modules again.
unexport PYTHONDONTWRITEBYTECODE
# Without settings of your own, or with the demo's, commands meet its partners, started for the command if they are not
# up, and then stopped after it.
RUN := $(PYTHON) -m $(if $(filter-out $(CURDIR)/.demo/lake,$(value NIGHTLEDGER_LAKE)),,demo with )jobs.run

.PHONY: help setup java archive lock demo test test-nights test-others check format night train backfill airflow doctor dictionary bench world world-report clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

setup: archive ## the locked environment, a Java runtime and an archive of its classes (every other target does this by itself)

.venv/ready: requirements.lock
	@command -v uv >/dev/null || test -x .tools/bin/uv || { echo "installing uv $(UV_VERSION) into .tools"; \
	  { python3 -m venv .tools && .tools/bin/pip install --quiet uv==$(UV_VERSION); } >/dev/null 2>&1; } || \
	  { echo "uv could not be installed: install it (pipx install uv), or python3 with venv (Debian: apt-get install python3-venv), and try again"; rm -rf .tools; exit 1; }
	@$(UV) venv --quiet --clear --python '>=3.11,<3.13' .venv
	@echo "installing the locked environment (about 2 GB)"
	@$(UV) pip sync --quiet --python $(PYTHON) --require-hashes --compile-bytecode requirements.lock
	@touch $@

# The Java that a release calls its default may be too old for Spark (11 in Debian 11 and Ubuntu 22.04).
java:
	@is_new_enough() { "$${JAVA_HOME:+$$JAVA_HOME/bin/}java" -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | \
	  { read -r v && [ "$$v" -ge 17 ]; }; }; \
	is_in_brew() { for home in $(addsuffix /opt/openjdk@*/libexec/openjdk.jdk/Contents/Home,$(BREW_PREFIXES)); do \
	  if JAVA_HOME="$$home" is_new_enough; then return 0; fi; done; return 1; }; \
	if is_new_enough || { [ -z "$$JAVA_HOME" ] && is_in_brew; }; then exit 0; fi; \
	as_root=$$([ "$$(id -u)" = 0 ] || echo "sudo -n"); \
	if command -v apt-get >/dev/null && $$as_root true 2>/dev/null; then \
	  echo "installing a Java runtime with apt-get"; \
	  $$as_root apt-get update -qq >/dev/null 2>&1; \
	  for package in openjdk-21-jre-headless openjdk-17-jre-headless default-jre-headless; do \
	    DEBIAN_FRONTEND=noninteractive $$as_root apt-get install -y -qq $$package >/dev/null 2>&1 && is_new_enough && break; \
	  done; \
	elif command -v brew >/dev/null; then echo "installing a Java runtime with brew"; brew install --quiet openjdk@17 >/dev/null 2>&1; fi; \
	is_new_enough || { [ -z "$$JAVA_HOME" ] && is_in_brew; } || { \
	  echo "Spark needs Java 17 or newer: install it (Debian: apt-get install openjdk-17-jre-headless; macOS: brew install openjdk@17), or set JAVA_HOME to one, and try again"; exit 1; }

# Without it everything works, and Spark starts some seconds later.
archive: .venv/ready java
	@$(PYTHON) -m jobs.spark_archive || true

lock: ## pin every dependency again, with hashes and without addresses
	@$(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --python-version 3.11 --extra development pyproject.toml -o requirements.lock

demo: setup ## the partners in a box, one night by a real Airflow, and the scored segments to look at
	@$(PYTHON) -m demo tour

# In two processes that take about as long. One has whole nights of an alliance closed; worlds, files and servers it tests
# meanwhile.
WITH_NIGHTS := alliance or meanwhile

test: setup ## every test, the scheduler's included
	@echo "tests run in two processes; the one with whole nights says what it found at its end"
	@$(MAKE) --no-print-directory --jobs 2 test-nights test-others

test-nights:
	@said=$$(mktemp); $(PYTHON) -m pytest -m "$(WITH_NIGHTS)" >"$$said" 2>&1; code=$$?; cat "$$said"; rm -f "$$said"; exit $$code

test-others:
	@$(PYTHON) -m pytest -m "not ($(WITH_NIGHTS))"

check: setup ## format, lint, types
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .
	@.venv/bin/mypy

format: setup ## put every file into the one format
	@.venv/bin/ruff format --quiet . && .venv/bin/ruff check --quiet --fix .

night: setup ## one night without Airflow: make night BUSINESS_DATE=2026-04-01
	@$(RUN) night --business-date "$$BUSINESS_DATE"

train: setup ## the model, and what it is built from: make train BUSINESS_DATE=2026-03-31
	@$(RUN) train --business-date "$${BUSINESS_DATE:-2026-03-31}"

backfill: setup ## every night of a range: make backfill FROM=2026-04-01 TO=2026-04-03
	@$(RUN) backfill --from "$$FROM" --to "$$TO"

airflow: setup ## scheduler and web UI on this machine, until Ctrl-C
	@$(PYTHON) -m demo airflow

doctor: setup ## what is wrong with this installation, and the cure
	@$(RUN) doctor

dictionary: setup ## write the data dictionary, schemas/README.md
	@$(PYTHON) -m jobs.run dictionary

bench: setup ## what it costs, and how right it is; a million people besides: MILLION=1; some: ONLY="families hubs" PEOPLE=1000000
	@set -f; $(PYTHON) -m demo bench $(if $(value MILLION),--million) --people "$${PEOPLE:-20000}" --seed "$${SEED:-20260331}" $${ONLY:+--only $$ONLY}

WORLD_OPTIONS = --banks "$${BANKS:-harbour,meridian}" --dirt "$${DIRT:-usual}" --drift "$$DRIFT"

world: setup ## only the generated files, no servers: make world PEOPLE=100000 SEED=1 FROM=2026-03-31 TO=2026-04-02 OUT=/tmp/world; also BANKS= DIRT= DRIFT=
	@$(PYTHON) -m demo world --people "$${PEOPLE:-20000}" --seed "$${SEED:-20260331}" --from "$$FROM" --to "$$TO" --out "$${OUT:-.demo/world}" $(WORLD_OPTIONS)

world-report: setup ## a page that shows the world: make world-report PEOPLE=20000 OUT=.demo/world.html
	@$(PYTHON) -m demo world-report --people "$${PEOPLE:-20000}" --seed "$${SEED:-20260331}" --out "$${OUT:-.demo/world.html}" $(WORLD_OPTIONS)

clean: ## remove everything that was made here, the environment included
	@if [ -x $(PYTHON) ]; then $(PYTHON) -m demo down >/dev/null 2>&1 || true; fi
	@rm -rf .venv .tools .demo .work .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
