# Everything runs in .venv, which the first target that needs it makes. See `make help`.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

PYTHON ?=
PORT ?= 8000
DATE =
SCAFFOLD =
PYTEST =

VENV := .venv
READY := $(VENV)/.ready-requirements.txt
DEV := $(VENV)/.ready-requirements-dev.txt
# Jupyter starts kernels, and tests start commands, by name: those of the environment come first.
IN_VENV := PATH="$(CURDIR)/$(VENV)/bin:$$PATH"
# Every kernel and every test's process would compile PyTorch anew, which takes seconds.
unexport PYTHONDONTWRITEBYTECODE
BUILD := python -m tools.build
PACKAGES := $(wildcard bnutils tools book/_ext)

.PHONY: help setup book agree bench serve lighthouse data submission links lint test chromium lock clean clean-runs distclean

help: ## list the targets (the default)
	@echo 'Usage: make TARGET'
	@echo
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/  \1\t\2/p' Makefile | expand -t 16

setup: $(READY) ## make .venv with the pinned packages that build the book
	@:

book: $(READY) ## build the book: _build/html/index.html
	$(IN_VENV) $(BUILD)

agree: book ## build the book and compare its verdicts with the published ones
	$(IN_VENV) python -m tools.agree

bench: $(READY) chromium ## measure how fast training, builds and figures are (half an hour)
	$(IN_VENV) python -m tools.bench
	$(MAKE) --no-print-directory book
	$(IN_VENV) python -m tests.bench

serve: $(READY) ## build the book and show it on http://127.0.0.1:PORT (PORT=8000)
	$(IN_VENV) python -m tools.serve "$(PORT)" $(BUILD)

lighthouse: book chromium ## measure two pages with Lighthouse (needs the network)
	$(IN_VENV) python -m tests.lighthouse

data: $(READY) ## download the data sets
	$(VENV)/bin/python -m bnutils.data

submission: $(READY) ## write the notebook to hand in (DATE=2026-07-12; SCAFFOLD=1: empty)
	$(IN_VENV) python -m tools.submission --date "$(DATE)" $(if $(SCAFFOLD),--scaffold)

links: $(READY) ## follow every link of the book (needs the network)
	$(IN_VENV) jupyter-book build . --builder linkcheck --path-output _build/links

lint: $(DEV) ## check style, types, which room imports which, and that nothing is dead
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy --strict $(PACKAGES)
	$(VENV)/bin/lint-imports
	$(VENV)/bin/vulture

test: $(DEV) chromium $(if $(PYTEST),,lint) ## check style and types, run every test (PYTEST='-k data': some tests alone)
	# The book is built with both cores, and then read. Status 5: PYTEST chose no test of this part.
	for part in '--part=rest -n 2 --dist=worksteal' --part=book '--part=pages -n 2 --dist=worksteal'; do \
	  $(IN_VENV) OMP_NUM_THREADS=1 python -m pytest $$part $(PYTEST) || [ $$? -eq 5 ]; \
	done

chromium: $(DEV)
	@$(VENV)/bin/python tests/chromium.py

lock: $(DEV) ## refresh the lock files (KEEP=1: only what pyproject.toml makes necessary)
	$(IN_VENV) python -m tools.lock $(if $(KEEP),--keep)

clean: ## remove what was built, and caches
	rm -rf _build build dist .mypy_cache .pytest_cache .ruff_cache
	find . -name $(VENV) -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

clean-runs: $(READY) ## delete the stored runs (those in BNUTILS_RUNS, and those of the book)
	$(VENV)/bin/python -m bnutils.sweeps._store.folder _build/runs

distclean: clean ## remove the environment too
	rm -rf $(VENV) *.egg-info

# The files hold the folder they were made in: an environment does not survive being moved.
ifneq ($(shell cat $(READY) 2>/dev/null),$(CURDIR))
.PHONY: $(READY)
endif
ifneq ($(shell cat $(DEV) 2>/dev/null),$(CURDIR))
.PHONY: $(DEV)
endif
$(DEV): $(READY)
$(READY) $(DEV): $(VENV)/.ready-%: % pyproject.toml
	@tools/setup.sh "$(VENV)" $* $(PYTHON)
