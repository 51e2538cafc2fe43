# make demo | test | test-full | mutation | coverage | docs | build | clean | distclean.   PYTHON=python3.12 picks the interpreter.

VENV := .venv
BIN := $(VENV)/bin
JOBS ?= $(shell nproc)
PIP := $(BIN)/python -m pip --disable-pip-version-check
# What the C++ parts are built from, the Python tables that headers are generated from included.
CPP_SOURCES := $(shell find togsim runtime/spike -name '*.[ch]pp' -o -name '*.[ch]' \
	-o -name CMakeLists.txt -o -name generate_header.py) CMakeLists.txt \
	dialects/isa.py dialects/dma_descriptor.py configs/core_timing.py
SANITIZED := build/togsim-sanitized

# First of these that is a Python we support and can make environments.
PYTHON ?= $(shell for p in python3.12 python3.11 python3; do \
	$$p -c 'import sys, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' \
	2>/dev/null && { echo $$p; break; }; done)

# Tests start some three hundred processes, each of which would compile every module anew.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo test test-full checks lint types imports unit lit cpp mutation coverage torchvision zoo docs build clean distclean

demo: $(VENV)/installed
	@$(BIN)/npu run examples/mlp.py --config tpuv3

# The whole gate: what continuous integration runs. A unit test waits, a fifth of the time, for a
# process of its own or for a clock: the other parts run beside them, one after the other.
test: lint
	@$(MAKE) --no-print-directory -j 2 PYTEST_MARK="$(PYTEST_MARK)" \
		PYTEST_EXAMPLES="$(PYTEST_EXAMPLES)" unit types imports cpp lit
	@echo "== test: all passed"

test-full: PYTEST_MARK := slow or not slow
test-full: PYTEST_EXAMPLES := --hypothesis-profile full
test-full: test mutation coverage

checks: lint types imports

lint: $(VENV)/installed-dev
	@echo "== lint (ruff)"
	@$(BIN)/ruff check --quiet . && $(BIN)/ruff format --check --quiet .

types: $(VENV)/installed-dev
	@echo "== types (pyright, strict)"
	@$(BIN)/pyright

imports: $(VENV)/installed-dev
	@echo "== imports go one way (import-linter)"
	@$(BIN)/lint-imports --no-logo

# Which tests, and how many examples for those that make their own (tests/examples.py).
PYTEST_MARK := not slow
PYTEST_EXAMPLES :=
# One more than processors, for the same reason.
WORKERS := $(shell expr $(JOBS) + 1)
unit: $(VENV)/installed-dev
	@echo "== unit tests (pytest)"
	@$(BIN)/python -m pytest -q -n $(WORKERS) -m "$(PYTEST_MARK)" $(PYTEST_EXAMPLES)

lit: $(VENV)/installed-dev
	@echo "== IR tests (lit)"
	@$(BIN)/lit -q -j $(JOBS) test/lit

cpp: $(VENV)/installed-dev
	@echo "== C++ tests with address and undefined-behaviour sanitizers (ctest)"
	@PATH="$(CURDIR)/$(BIN):$$PATH" cmake -S togsim -B $(SANITIZED) -G Ninja \
		-DCMAKE_BUILD_TYPE=Debug -DNPU_SANITIZE=ON > /dev/null
	@MAKEFLAGS= PATH="$(CURDIR)/$(BIN):$$PATH" cmake --build $(SANITIZED) --parallel $(JOBS) -- --quiet
	@$(BIN)/ctest --test-dir $(SANITIZED) -j $(JOBS) --output-on-failure --no-tests=error

# Small faults put into a copy of the tree: a fast test must notice each.
mutation: $(VENV)/installed-dev
	@echo "== mutations (tests/mutation)"
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m tests.mutation.run --jobs $(JOBS)

# PyTorch's operator database through the compiler and Spike; COVERAGE="--only nn.functional.*" runs a part.
COVERAGE :=
coverage: $(VENV)/installed-dev
	@echo "== operators of PyTorch (tests/coverage)"
	@$(BIN)/python -m tests.coverage.run --jobs $(JOBS) $(COVERAGE)

# Our networks beside torchvision's, if that is installed; not a part of the gate.
torchvision: $(VENV)/installed-dev
	@$(BIN)/python -m tests.frontend.with_torchvision

# Models of other libraries, which are installed for it, with values and cycles: docs/models.md.
zoo: $(VENV)/installed-zoo
	@$(BIN)/python benchmarks/zoo_table.py

$(VENV)/installed-zoo: requirements-zoo.txt $(VENV)/installed-dev
	@$(PIP) install --quiet -r requirements-zoo.txt
	@touch $@

# Pages made from the code; a test fails when one is stale.
docs: $(VENV)/installed-dev
	@$(BIN)/python docs/generate.py && $(BIN)/python docs/generate_dialects.py

# The C++ parts again, incrementally, after a change; `demo` and `test` do this by themselves.
build: $(VENV)/installed-dev

# Without build isolation: the build requirements (Spike alone unpacks to 700 MB) then exist once.
$(VENV)/installed: pyproject.toml $(CPP_SOURCES) | $(VENV)/bin/python
	@echo "== installing npu-toolkit into $(VENV) (the first time this downloads PyTorch and Spike)"
	@$(call install,.)
	@touch $@

$(VENV)/installed-dev: pyproject.toml $(CPP_SOURCES) | $(VENV)/bin/python
	@echo "== installing npu-toolkit with its development tools into $(VENV)"
	@$(call install,.[dev])
	@touch $@ $(VENV)/installed

define install
$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], "cmake>=3.26", "ninja>=1.11", sep="\n")' > $(VENV)/build-requires.txt
@$(PIP) install --quiet -r $(VENV)/build-requires.txt
@PATH="$(CURDIR)/$(BIN):$$PATH" $(PIP) install --quiet --no-build-isolation --editable "$(1)"
endef

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "error: no Python 3.11 or 3.12 that can make a virtual environment was found;" \
		"on Debian: apt install python3 python3-venv; or give one: make PYTHON=/path/to/python3.12"; exit 1; }
	@command -v g++ >/dev/null || { echo "error: g++ was not found; on Debian: apt install g++"; exit 1; }
	@echo "== making $(VENV) with $(PYTHON)"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "error: $(PYTHON) cannot make a virtual environment;" \
		"on Debian: apt install python3-venv"; exit 1; }

clean:
	@rm -rf build dist npu-out .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# `clean`, and the environment with its downloads.
distclean: clean
	@rm -rf $(VENV)
