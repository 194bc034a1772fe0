# Each target does its own set-up: a virtual environment in .venv, made with the first
# Python 3.11 or newer that is found, holding the versions of constraints.txt.
#
#   make test PYTHON=python3.12     another Python (for a new environment)
#   make test PYTEST_ARGS="-n auto" other arguments for pytest, e.g. "-k mlp -x"
#   make test PIP_ARGS="..."        further arguments for pip, e.g. another index

.DEFAULT_GOAL := help
SHELL := /bin/bash
.DELETE_ON_ERROR:

PYTHONS := $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11)
VENV ?= .venv
PYTEST_ARGS ?= -n 2
PIP_ARGS ?=

RUN := $(VENV)/bin/python
INSTALL = $(RUN) -m pip install --quiet --disable-pip-version-check $(PIP_ARGS) \
	-c constraints.txt
NEEDS := pyproject.toml constraints.txt $(VENV)/made

.PHONY: help demo test lint format docs bench clean constraints

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1: /p' $(MAKEFILE_LIST) | \
	while IFS=: read -r name text; do printf '  make %-12s%s\n' "$$name" "$$text"; done

demo: $(VENV)/text ## a scenario matrix on real posts, with its report, in four minutes
	@$(RUN) -m benchmarks.demo

test: $(VENV)/test ## the tests and the examples of the documentation
	@$(RUN) -m pytest $(PYTEST_ARGS)

lint: $(VENV)/dev ## style and types, changing nothing
	@$(RUN) -m ruff check .
	@$(RUN) -m ruff format --check .
	@$(RUN) -m mypy

format: $(VENV)/dev ## put the code into the project's style
	@$(RUN) -m ruff check --fix .
	@$(RUN) -m ruff format .

docs: $(VENV)/docs ## the documentation with its gallery, into docs/_build/html
	@$(RUN) -m sphinx -W --keep-going -q -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

bench: $(VENV)/test ## the figures of the documentation, measured anew (long)
	@$(RUN) -m benchmarks.import_time
	@$(RUN) -m benchmarks.training_overhead
	@$(RUN) -m benchmarks.newsgroups --full
	@$(RUN) -m benchmarks.prefix_sharing --save
	@$(RUN) -m benchmarks.matrix_memory --save
	@$(RUN) -m benchmarks.killed_runs --save
	@$(RUN) -m benchmarks.language_detection
	@$(RUN) -m benchmarks.text_levers
	@$(RUN) -m benchmarks.demo --save
	@$(RUN) -m benchmarks.ladders --save
	@$(RUN) -m benchmarks.perceptrons --save --pictures
	@$(RUN) -m benchmarks.studies --save
	@$(RUN) -m benchmarks.images --save
	@$(RUN) -m benchmarks.images --pictures
	@$(RUN) -m benchmarks.autoencoders --save
	@$(RUN) -m benchmarks.autoencoders --pictures
	@$(RUN) -m benchmarks.experts --save
	@$(RUN) -m benchmarks.experts --pictures
	@$(RUN) -m benchmarks.routing_time --save
	@$(RUN) -m benchmarks.ag_news --save
	@$(RUN) -m benchmarks.products --save
	@$(RUN) -m benchmarks.fusion --save
	@$(RUN) -m benchmarks.explanations --save
	@$(RUN) -m benchmarks.scaling --save
	@$(RUN) -m benchmarks.learning_rate --save
	@$(RUN) -m benchmarks.scratch_dense --save
	@$(RUN) -m benchmarks.scratch_convolution --save
	@$(RUN) -m benchmarks.scratch_accuracy --save
	@$(RUN) -m benchmarks.scratch_studies --save --pictures
	@$(RUN) -m benchmarks.tables

clean: ## remove what was made, the environment too
	rm -rf $(VENV) build dist *.egg-info docs/_build docs/api docs/auto_examples \
		docs/sg_execution_times.rst .pytest_cache .ruff_cache .mypy_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +

# The environment. A stamp file says what is in it, so that a second call is quick.

$(VENV)/made:
	@found=; bare=; for python in $(PYTHONS); do \
		$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
			2>/dev/null || continue; \
		if $$python -c 'import ensurepip, venv' 2>/dev/null; \
		then found=$$python; break; else bare=$$python; fi; \
	done; \
	if [ -n "$$found" ]; then \
		echo "creating $(VENV) with $$($$found --version)"; \
		"$$found" -m venv $(VENV) && touch $@; \
	elif [ -n "$$bare" ]; then \
		echo "error: $$bare has no module venv. Install it (on Debian and Ubuntu:" \
			"apt install python3-venv), then run make again." >&2; exit 1; \
	else \
		echo "error: Python 3.11 or newer is needed, tried: $(PYTHONS). Install it," \
			"or name it: make PYTHON=/path/to/python3 ..." >&2; exit 1; \
	fi

$(VENV)/core: $(NEEDS)
	@echo "installing sklearn_nn"
	@$(INSTALL) -e .
	@touch $@

$(VENV)/test $(VENV)/dev $(VENV)/docs $(VENV)/text: $(VENV)/%: $(NEEDS)
	@echo "installing sklearn_nn[$*]"
	@$(INSTALL) -e ".[$*]"
	@touch $@ $(VENV)/core

# constraints.txt anew. Only torch is installed, at the version pinned now (an unpinned
# torch may bring gigabytes of CUDA packages); the rest is resolved without installing.
# PIP_ARGS="-c constraints.txt" keeps what is pinned and adds what is new.

PINNED := build/constraints
EXTRAS := all,docs,test,dev

define WRITE_CONSTRAINTS
import json, re, subprocess, sys
report, python = sys.argv[1:]
pins = {i["metadata"]["name"]: i["metadata"]["version"]
        for i in json.load(open(report))["install"]}
frozen = subprocess.check_output([python, "-m", "pip", "freeze", "--all"], text=True)
pins |= dict(line.split("==") for line in frozen.split() if "==" in line)
skip = re.compile(r"(pip|sklearn[-_]nn|triton|nvidia-.*|cuda-.*)$$")
with open("constraints.txt") as f:
    header = [line for line in f if line.startswith("#")]
pins = [f"{name}=={version.split('+')[0]}\n" for name, version in pins.items()
        if not skip.match(name)]
with open("constraints.txt", "w") as f:
    f.writelines([*header, "\n", *sorted(pins, key=str.lower)])
endef
export WRITE_CONSTRAINTS

constraints: $(VENV)/made ## pin the newest versions of all packages in constraints.txt
	rm -rf $(PINNED) && mkdir -p $(PINNED)
	grep -iE '^torch(vision)?==' constraints.txt > $(PINNED)/torch.txt
	$(RUN) -m venv $(PINNED)/venv
	$(PINNED)/venv/bin/pip install -q --upgrade pip setuptools
	$(PINNED)/venv/bin/pip install -q $(PIP_ARGS) \
		"$$(grep '^torch==' $(PINNED)/torch.txt)"
	$(PINNED)/venv/bin/pip install -q --dry-run --report $(PINNED)/report.json \
		-c $(PINNED)/torch.txt $(PIP_ARGS) ".[$(EXTRAS)]"
	$(RUN) -c "$$WRITE_CONSTRAINTS" $(PINNED)/report.json $(PINNED)/venv/bin/python
	rm -rf $(PINNED)
