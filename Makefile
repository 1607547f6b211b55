PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo test lint docs fidelity bench soak clean

$(STAMP): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q --disable-pip-version-check -e '.[shell,dev]'
	touch $(STAMP)

demo: $(STAMP)  ## set up and show the main job: the tutorial, in memory
	$(BIN)/netsim run -x examples/tutorial/namespaces.sh
	$(BIN)/netsim run -x examples/tutorial/bridge.sh
	$(BIN)/netsim run -x examples/tutorial/docker.sh

test: $(STAMP) lint  ## set up, check and test
	$(BIN)/python -m pytest -n 2 -q

lint: $(STAMP)
	$(BIN)/ruff check netsim tests benchmarks docs/site
	$(BIN)/ruff format --check netsim tests benchmarks docs/site
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

docs: $(STAMP)  ## build the documentation site into build/docs; warnings are errors
	$(BIN)/python -m docs.site

fidelity: $(STAMP)  ## replay the recordings and rewrite the figures in docs/fidelity.md
	$(BIN)/python -m tests.oracle.fidelity

bench: $(STAMP)  ## measure netsim beside its peers, and write the figures into docs/performance.md
	$(BIN)/python -m benchmarks.page

soak: $(STAMP)  ## the long versions of the property tests
	HYPOTHESIS_PROFILE=nightly $(BIN)/python -m pytest -q
	$(BIN)/python -m tests.real.fuzz --seeds 0-99
	$(BIN)/python -m tests.netfilter_real.run --draws 20000
	$(BIN)/python -m tests.trace_real.run --draws 5000
	$(BIN)/python -m tests.replay_real.run --draws 500
	$(BIN)/python -m tests.docker_real.run --draws 500

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis
