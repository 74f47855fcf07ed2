# The commands of the kit. The first use of any of them makes .venv from requirements.lock; the next ones install nothing.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test test-all lab build lint check lock clean

demo: $(READY)  ## grade a small sample class in the sandbox and show the table
	$(BIN)/python -m autograder demo

# Processes on one thread each: on two cores more threads than that wait for each other. The tests of a file run in one process,
# as they share what is expensive to make. Many of the quick ones wait for a kernel, so three processes keep two cores busy.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest --dist loadfile

test: $(READY)  ## the tests that a change usually breaks, in minutes
	$(PYTEST) -n 3 -m "not (browser or cluster or whole_class or slow)"

test-all: $(READY)  ## all tests: what CI runs
	$(PYTEST) -n 2

lab: $(READY)  ## JupyterLab on the student notebooks
	$(BIN)/jupyter lab --notebook-dir=notebooks

build: $(READY)  ## solved scripts -> student notebooks
	$(BIN)/python -m autograder build

lint: $(READY)  ## code style, the plan of the rooms, and what a solved script may look like
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/python -m autograder lint

check: lint test-all  ## all that CI runs
	$(BIN)/python -m autograder build --check
	$(BIN)/python -m autograder demo

lock: $(READY)  ## write requirements.lock anew from what .venv holds
	{ head -n 2 requirements.lock; $(BIN)/pip list --format=freeze --exclude-editable --exclude pip | sed 's/+[a-z0-9]*$$//'; } > requirements.new
	mv requirements.new requirements.lock

clean:
	rm -rf $(VENV) demo-course

$(READY): requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --requirement requirements.lock
	PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $(READY)
