# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# The Python that is embedded; .build/python is made of it, and .build/venv.
export PYTHON ?= /usr/bin/python3
export PKG_CONFIG_PATH := $(CURDIR)/.build/python$(if $(PKG_CONFIG_PATH),:$(PKG_CONFIG_PATH))
export VIRTUAL_ENV := $(CURDIR)/.build/venv
export GALE_TEST_VENV := $(VIRTUAL_ENV)

PORT ?= 8888
RIGS ?=
ARGS ?=
export RIGS

FORMATTED := Sources Bridges Tests docs/demos Package.swift
RELEASE := swift build -c release --explicit-target-dependency-import-check error

.PHONY: help prepare demo test build dist lint format docs fuzz bench conformance autobahn suites soak reliability faults clean

help: # What this is
	@echo "make TARGET, where TARGET is one of:"
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/  \1 \2/p' $(MAKEFILE_LIST) | \
	  while read -r name text; do printf '  %-12s %s\n' "$$name" "$$text"; done

prepare:
	@interop/gale/bootstrap.sh

demo: prepare ## build and run the demo on http://127.0.0.1:8888 (PORT=8888); Ctrl-C ends it
	$(RELEASE) --product demo
	@exec .build/release/demo $(PORT)

test: ## build and run every test, of Swift and of Python (RIGS=DIR: conformance too)
	@interop/gale/bootstrap.sh --tests
	@interop/gale/test.sh

build: prepare ## build everything for release; an undeclared import is an error
	$(RELEASE)

dist: prepare ## pack an archive and a wheel for Python's users into .build/dist, and try both in clean environments
	$(RELEASE) --product gale
	@interop/gale/build_dist.py
	@interop/tests/check_wheel.py $(ARGS)

lint: ## check format, layers, C modules and Python's syntax
	swift format lint --strict -r $(FORMATTED)
	@interop/gale/check_sources.py
	$(PYTHON) -m compileall -q interop

format: ## rewrite the Swift sources as .swift-format says
	swift format -i -r $(FORMATTED)

docs: prepare ## build the documentation into .build/docs; a broken link is an error
	@interop/gale/docs.sh

fuzz: prepare ## run each fuzz target for a while (SECONDS=60)
	Tests/Fuzz/run.sh $(SECONDS)

bench: build ## compare Gale with its peers (ARGS="wsgi --quick"; ARGS=--help)
	interop/peers/setup.sh
	interop/peers/bench.py $(ARGS)
	[ -n "$(ARGS)" ] || { interop/peers/tokens.py; .build/release/bench-await; }

conformance: prepare ## build for release and send RIGS=DIR's bad inputs to docs/demos/conformance
	@[ -e "$(RIGS)/badinputs.py" ] || { echo "RIGS must name a directory that has a badinputs.py" >&2; exit 1; }
	$(RELEASE) --product conformance
	@interop/gale/with_server.py .build/release/conformance {port} -- \
	  $(PYTHON) $(RIGS)/badinputs.py 127.0.0.1 {port} --pid {pid} $(ARGS)

autobahn: prepare ## build for release and run the Autobahn WebSocket test suite against both ends (ARGS=--help)
	$(RELEASE) --product autobahn
	@interop/tests/autobahn.py $(ARGS)

suites: prepare ## build for release and run CPython's and uvloop's own tests of asyncio on Gale's loop (ARGS=--help)
	@[ "$(PYTHON)" != /usr/bin/python3 ] || \
	  interop/gale/bootstrap.sh libpython$$($(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])')-testsuite
	$(RELEASE) --product python-host
	@$(PYTHON) interop/asyncio/suites.py .build/release/python-host $(ARGS)

soak: ## load the demo for SECONDS=600 and watch errors and memory
	@interop/gale/bootstrap.sh wrk
	$(RELEASE) --product demo
	@interop/gale/with_server.py --log /dev/null .build/release/demo {port} -- \
	  interop/tests/soak.py {base} --pid {pid} --seconds $(SECONDS)

reliability: prepare ## build for release and check stopping, slow clients, descriptors … (ARGS="R12"; ARGS=--help)
	$(RELEASE) --product conformance
	$(RELEASE) --product gale
	interop/tests/reliability.py $(ARGS)

faults: prepare ## build for release and break gale serve under load in many ways (ARGS="sigkill"; ARGS=--help)
	$(RELEASE) --product gale
	interop/tests/faults.py .build/release/gale $(ARGS)

clean: ## remove what was built, downloaded dependencies and the Python environment too
	rm -rf .build

fuzz: SECONDS ?= 60
soak: SECONDS ?= 600
