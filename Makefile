# make demo    the main job on one machine: no camera, no broker, no data
# make test    ruff, mypy and the tests
# Both set up .venv the first time.
# make soak-mqtt   broker and daemon killed again and again for 10 minutes, and a broker that is away for 3
# make idle-room   ten minutes of an empty room by the clock: heartbeats, summaries and health, and nothing else
# make fleet   1,000 and more made devices against a mosquitto here, into edge/mqtt/FLEET.md; four minutes, alone
# make soak    an hour at full speed with a camera that fails every ten seconds; MINUTES=10 for less
#
# make test-device           what this machine can show of a Raspberry Pi: arm64 and systemd; root, Debian, 8 minutes
# make test-homeassistant    a real Home Assistant core, by hand; Python 3.13 (PYTHON313=…); 5 minutes, then 2
# make test-device-camera    kernel cameras and Picamera2 in a virtual machine, by hand; half an hour
#
# make setup-explain   mediapipe's face mesh, by which `mien-train explain units` measures; test-explain tests it
# make dist    the wheel and the source archive, in dist/
# make docs    the site of all pages, in site/
# make pages   write the pages and tables that are made from the code: configuration, commands, messages

VENV := .venv
BIN := $(VENV)/bin
# The first Python of the range that we support; `make PYTHON=… demo` takes another.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null \
	&& echo $$python && break; done)
PIP := $(BIN)/pip install --quiet --disable-pip-version-check
EXPLAIN := .venv-explain
EXPLAIN_PYTHON ?= $(shell for python in python3.12 python3.11 python3; do \
	$$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' 2>/dev/null \
	&& echo $$python && break; done)

.PHONY: dist demo test test-homeassistant idle-room fleet test-device test-device-arm64 \
	test-device-systemd test-device-camera bench soak soak-mqtt setup setup-training setup-docs setup-explain \
	test-explain docs pages clean help

help:
	@sed -n '1,/^$$/s/^# \?//p' Makefile

demo: setup
	@$(BIN)/mien demo

bench: setup
	@$(BIN)/mien bench

MINUTES ?= 60
soak: setup
	$(BIN)/python -m tests.edge.soak --minutes $(MINUTES)

soak-mqtt: setup
	$(BIN)/python -m tests.edge.mqtt.soak kills
	$(BIN)/python -m tests.edge.mqtt.soak away

fleet: setup
	$(BIN)/python -m tests.edge.simulate.table

idle-room: setup
	$(BIN)/python -m tests.edge.idle --minutes 10

test: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest --numprocesses 2 --dist loadfile

# MkDocs tells of its theme's successor at every build; pyproject.toml does so once.
docs: setup-docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet --config-file .docs/mkdocs.yml
	@echo "open site/index.html"

pages: setup
	PYTHONPATH=.docs $(BIN)/python -m pages
	$(BIN)/python -m tests.edge.mqtt.tables

test-device: test-device-arm64 test-device-systemd

test-device-arm64 test-device-systemd test-device-camera: test-device-%: setup
	PYTHON=$(CURDIR)/$(BIN)/python tests/device/$*/run.sh $(ARGUMENTS)
test-device-arm64: ARGUMENTS = --whole

# Home Assistant 2025.4, for which device discovery is a year old and which runs on one Python alone.
PYTHON313 ?= python3.13
HOMEASSISTANT := .venv-homeassistant

test-homeassistant: setup $(HOMEASSISTANT)/.made
	$(BIN)/python -m tests.edge.mqtt.homeassistant.real --hass $(HOMEASSISTANT)/bin/hass

$(HOMEASSISTANT)/.made:
	@$(PYTHON313) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' 2>/dev/null || \
		{ echo "Home Assistant 2025.4 needs Python 3.13; make test-homeassistant PYTHON313=PATH"; exit 1; }
	@echo "setting up $(HOMEASSISTANT): some minutes, once"
	@$(PYTHON313) -m venv $(HOMEASSISTANT)
	@$(HOMEASSISTANT)/bin/pip install --quiet --disable-pip-version-check 'homeassistant==2025.4.*'
	@touch $@

dist: setup
	$(BIN)/python -m hatchling build

setup: $(VENV)/.made

# TensorFlow for training and converting, and JAX, on which the tests run training a second time.
setup-training: $(VENV)/.made-training

setup-docs: $(VENV)/.made-docs

# mediapipe's face mesh, for `mien-train explain units` alone: it needs numpy 1 and protobuf 4, which TensorFlow does not
# take, so it has an environment of its own. 0.10.21 is the last that ships its models in the wheel; there is none for
# Python 3.13.
setup-explain: $(EXPLAIN)/.made

$(EXPLAIN)/.made:
	@test -n "$(EXPLAIN_PYTHON)" || { echo "the face mesh needs Python 3.11 or 3.12; neither is on this machine's PATH"; \
	exit 1; }
	@echo "setting up $(EXPLAIN) with $(EXPLAIN_PYTHON)"
	@$(EXPLAIN_PYTHON) -m venv $(EXPLAIN)
	@$(EXPLAIN)/bin/pip install --quiet --disable-pip-version-check 'mediapipe==0.10.21' 'numpy>=1.26,<2'
	@touch $@

# The tests that need the real face mesh.
test-explain: setup-training setup-explain
	MIEN_REQUIRE=mesh $(BIN)/pytest tests/training/explain

$(VENV)/.made: pyproject.toml
	@test -n "$(PYTHON)" || { echo "mien needs Python 3.11, 3.12 or 3.13; none is on this machine's PATH"; exit 1; }
	@echo "setting up $(VENV) with $(PYTHON): a minute or two, once"
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) --upgrade 'pip>=25.1'
	@$(PIP) --editable '.[demo]' --group dev
	@touch $@

$(VENV)/.made-training: $(VENV)/.made
	@$(PIP) --editable '.[training,convert]' 'jax>=0.5,<1' 'tensorboardX>=2.6,<3'
	@touch $@

$(VENV)/.made-docs: $(VENV)/.made
	@$(PIP) --group docs
	@touch $@

clean:
	rm -rf $(VENV) $(EXPLAIN) $(HOMEASSISTANT) site .mypy_cache .pytest_cache .ruff_cache
