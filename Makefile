# Mote: everything a developer types. `make help` lists it; CI is `.ci/run`, which is `make check` and `make test`.
# Each target asks for its tools first and says how to get the one that lacks.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.SUFFIXES:
.PHONY: help run test check wpt fuzz bench simulate v8 clean fmt tools-build tools-node
MAKEFLAGS += --no-print-directory

CARGO ?= cargo
# What `make run` serves: a project folder, or a single file.
EXAMPLE ?= examples/hello
# Further words for `mote dev`, the tests, the bench or the simulator: make run ARGS='--port 9000', make test ARGS='-E test(fetch)'.
ARGS ?=

help: ## list these targets
	@echo 'Mote: make TARGET'
	@sed -n 's/^\([a-z0-9-]*\):[^#]*## \(.*\)/  \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 12
	@echo 'make run EXAMPLE=examples/... ARGS=... serves another worker; docs/building.md tells the rest.'

run: tools-build v8 ## build a release and serve examples/hello on http://localhost:8787
	@$(CARGO) run --release --package mote-cli -- dev $(EXAMPLE) $(ARGS)

test: tools-build tools-node v8 ## run every test: JavaScript, Python, documentation, Rust
	@scripts/test $(ARGS)

check: tools-build v8 ## format, lints, dependencies (cargo-deny) and the house rules (tests/tidy)
	@scripts/check

wpt: tools-build v8 ## run Web Platform Tests of a checkout, DIR=path/to/wpt (docs/conformance.md)
	@test -n "$(DIR)" || { echo 'make wpt DIR=path/to/wpt: where is a checkout of web-platform-tests/wpt?' >&2; exit 2; }
	@$(CARGO) build --quiet --package mote-cli
	@python3 -B tests/wpt/run.py $(DIR) --mote "$${CARGO_TARGET_DIR:-target}/debug/mote" $(ARGS)

fuzz: tools-build v8 ## run libFuzzer on a reader of tenants' bytes, TARGET=url (docs/conformance.md)
	@scripts/fuzz $(TARGET) $(ARGS)

bench: tools-build tools-node v8 ## measure Mote beside its peers; results in bench/results/
	@$(CARGO) build --release --package mote-cli
	@python3 bench/run.py $(ARGS)

simulate: tools-build ## try the scheduling policies on a simulated fleet (docs/scheduling.md; ARGS='--help')
	@$(CARGO) run --quiet --release --package mote-simulator -- $(ARGS)

v8: ## put V8's library where cargo looks for it (cache, shared folder, upstream, or a build)
	@scripts/v8

fmt: ## format the Rust sources
	@$(CARGO) fmt --all

clean: ## remove what builds left in the tree (V8's library and npm packages stay)
	@$(CARGO) clean
	@rm -rf bench/hyper/target bench/out

tools-build:
	@scripts/need cargo cc python3

tools-node:
	@scripts/need node npm
