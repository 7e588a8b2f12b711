# Knownwhen: every target makes its own environment first. `make help` lists them.

SHELL := /bin/sh
.DEFAULT_GOAL := help

# The slots that `make new` fills: make new KIND NAME=siege_laid
SLOTS := KIND POLICY VIEW IMPORTER EXPORTER FORMAT TABLE RESOURCE

.PHONY: help run quick test test-web clients site pictures tools coverage servers properties faults realdata bulk mutants check fmt docs new golden bench bench-quick \
	lock vendor dist release clean $(SLOTS)

# Settings of the user's own Python that would reach into ours, or make every process compile every module anew.
unexport PYTHONPATH PYTHONHOME PYTHONSTARTUP VIRTUAL_ENV PYTHONDONTWRITEBYTECODE

# How large the largest log of `make bench` is, and another checkout that is measured in turn, both as wished.
BENCH = $(if $(FACTS),--facts $(FACTS)) $(if $(COMPARE),--compare $(COMPARE))

# What to hand to pytest instead of the whole suite: make test ARGS="tests/domain -k clocks"
ARGS ?=

# Properties are tried on thousands of cases; the other tests reach the same lines by themselves.
PROPERTIES := properties or invariants
# What tries the tools of developers in copies of the tree, and installs the wheel: `make tools`, not `make test`.
TOOLS := tests/project/test_new.py tests/project/test_release.py tests/project/test_installed.py
# Requests, commands and lines made at random, sent to a service.
GENERATED := tests/service/test_no_fault.py tests/service/test_writers_in_turn.py tests/service/test_api_contract.py
QUICK := tests/domain tests/service/test_api_reports.py tests/service/test_api_curation.py tests/service/test_api_views.py \
	tests/service/test_sample.py

SLOT := $(firstword $(filter $(SLOTS),$(MAKECMDGOALS)))
NAME ?=
KIND ?=

# What to release: make release VERSION=1.2.3, with DATE=2026-12-24 for another day than that of the last commit,
# and DRY_RUN=1 to see what would be done.
VERSION ?=
DATE ?=
DRY_RUN ?=

# The one major version of PostgreSQL that `make servers` is to use: make servers POSTGRES=16
POSTGRES ?=

# The first Python here that is new enough; `make PYTHON=…` picks another.
PYTHON ?=
define prepare
@found='$(PYTHON)'; \
for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	test -n "$$found" && break; \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && found="$$python"; \
done; \
test -n "$$found" || { echo 'Knownwhen needs Python 3.11 or newer. On Debian: apt-get install python3 python3-venv' >&2; exit 1; }; \
"$$found" -I .ci/environment.py
endef

COMPILE_GROUP := .venv/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
	--generate-hashes --custom-compile-command 'make lock'
COMPILE := $(COMPILE_GROUP) pyproject.toml

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

run: ## start Knownwhen here, with its own PostgreSQL and the sample loaded
	$(prepare) requirements.lock
	@exec .venv/bin/knownwhen demo

quick: ## the inner loop: style, the rules of the domain, and a service that takes and tells reports (under a minute)
	$(prepare) requirements-dev.lock
	.venv/bin/ruff check --quiet
	.venv/bin/python -m pytest $(QUICK) -k 'not ($(PROPERTIES))' --numprocesses 2 --dist loadfile

test: ## run the tests; ARGS="…" picks some
	$(prepare) requirements-dev.lock
ifeq ($(strip $(ARGS)),)
	.venv/bin/python -m pytest --numprocesses 3 --dist loadfile -m 'not whole_page and not clients' $(TOOLS:%=--ignore=%)
else
	.venv/bin/python -m pytest $(ARGS)
endif

test-web: ## look at every screen of the page in Chromium, in both languages, and weigh and time it (many minutes)
	$(prepare) requirements-dev.lock
	.venv/bin/python -m pytest tests/service/web --numprocesses 2 --dist loadfile
	.venv/bin/python -m bench.web

clients: ## ask with programs that people have: pandas, polars, duckdb, libhxl, OGR, Datasette, generated clients (minutes)
	$(prepare) requirements-dev.lock
	.venv/bin/python .ci/tool_environment.py requirements-clients.lock
	.venv/bin/python -m pytest tests/service/clients

site: ## make a site of docs/, with every link within it followed, in site/
	$(prepare) requirements-dev.lock
	.venv/bin/python .ci/tool_environment.py requirements-site.lock
	.venv-site/bin/mkdocs build --strict --quiet

pictures: ## take the pictures of docs/page.md anew, of the sample in Chromium (a minute)
	$(prepare) requirements-dev.lock
	.venv/bin/python -m docs.pictures

tools: ## try `make new` and `make release` in copies of the tree, and the wheel in an empty folder (minutes)
	$(prepare) requirements-dev.lock
	.venv/bin/python -m pytest $(TOOLS) --numprocesses 2 --dist load

coverage: ## run the tests with lines and branches counted, and hold the floors (many minutes)
	$(prepare) requirements-dev.lock
	.venv/bin/python -m pytest tests/domain -k 'not ($(PROPERTIES))' --cov --cov-report= --numprocesses 2 --dist worksteal
	.venv/bin/python -m pytest tests/service tests/faults --cov=service --cov-report= --cov-append --numprocesses 3 --dist loadfile
	.venv/bin/python -m coverage report --include='domain/*' --skip-covered --fail-under=95
	.venv/bin/python -m coverage report --include='service/*' --skip-covered --fail-under=90

servers: ## run the tests of the service on every version of PostgreSQL found here, or on POSTGRES=16 (many minutes)
	$(prepare) requirements-dev.lock
	EVERY_SERVER=1 POSTGRES='$(POSTGRES)' .venv/bin/python -m pytest tests/service tests/faults --numprocesses 3 --dist loadfile

properties: ## try every property thirty times harder (many minutes)
	$(prepare) requirements-dev.lock
	HYPOTHESIS_PROFILE=ci .venv/bin/python -m pytest tests/domain $(GENERATED) --numprocesses 2 --dist worksteal

faults: ## kill the service, the projector, rebuilds, erasures, signers and PostgreSQL 200 times each way, and look for a fact missed or taken twice, or signed two ways (many minutes)
	$(prepare) requirements-dev.lock
	FAULT_ROUNDS=200 .venv/bin/python -m pytest tests/faults/test_kills.py tests/faults/test_ingest_kills.py tests/faults/test_erasure_kills.py
	FAULT_ROUNDS=300 .venv/bin/python -m pytest tests/faults/test_signing_kills.py

realdata: ## import real tables, every version of them, and export each again: KNOWNWHEN_REALDATA=folder (minutes)
	$(prepare) requirements-dev.lock
	@test -n "$$KNOWNWHEN_REALDATA" || { echo 'Say where the histories are: make realdata KNOWNWHEN_REALDATA=folder' >&2; exit 2; }
	REALDATA_VERSIONS=all .venv/bin/python -m pytest tests/service/test_tables_realdata.py tests/service/importers/test_ucdp.py

bulk: ## send 1,000,000 lines in one batch and hold its memory (minutes)
	$(prepare) requirements-dev.lock
	BULK_LINES=1000000 .venv/bin/python -m pytest tests/service/test_api_batch_streams.py -k long_batch

mutants: ## plant small faults in the rules that weigh claims: the tests must find nine in ten (many minutes)
	$(prepare) requirements-dev.lock
	.venv/bin/python .ci/mutants.py

check: ## check style, types, layers and documents
	$(prepare) requirements-dev.lock
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/basedpyright
	.venv/bin/lint-imports
	.venv/bin/python .ci/script_types.py
	.venv/bin/python .ci/vendor.py --check
	@if test -f docs/generate.py; then .venv/bin/python -m docs.generate --check; fi

fmt: ## format the code and mend what can be mended
	$(prepare) requirements-dev.lock
	.venv/bin/ruff check --fix-only
	.venv/bin/ruff format

docs: ## write the generated pages of docs/ anew
	$(prepare) requirements-dev.lock
	@if test -f docs/generate.py; then .venv/bin/python -m docs.generate; else echo 'No page is generated yet.'; fi

new: ## write a file of a slot with its test: make new KIND|POLICY|VIEW|FORMAT|IMPORTER|EXPORTER|TABLE|RESOURCE NAME=…
	$(prepare) requirements-dev.lock
	@.venv/bin/python .ci/new.py '$(SLOT)' '$(NAME)'
	@.venv/bin/python -m docs.generate

$(SLOTS): new
	@:

golden: ## print the golden row of a kind, for tests/domain/golden/facts.json: make golden KIND=…
	$(prepare) requirements-dev.lock
	@.venv/bin/python -m tests.project.golden_row '$(KIND)'

bench: ## measure ours beside floors and peers, and write docs/performance.md: make bench FACTS=100000 COMPARE=../other
	$(prepare) requirements-dev.lock
	.venv/bin/python -m bench --data data/bench --write $(BENCH)

bench-quick: ## the same in a few minutes, smaller and once: prints every ratio, and writes nothing
	$(prepare) requirements-dev.lock
	.venv/bin/python -m bench --quick --data data/bench $(BENCH)

lock: ## write all locks anew from pyproject.toml, with the newest versions it allows
	$(prepare) requirements-dev.lock
	$(COMPILE) --group build --extra xlsx --output-file requirements.lock
	$(COMPILE) --group build --group dev --extra parquet --extra opentelemetry --extra xlsx --constraint requirements.lock --output-file requirements-dev.lock
	$(COMPILE_GROUP) --group pyproject.toml:clients --output-file requirements-clients.lock
	$(COMPILE_GROUP) --group pyproject.toml:site --output-file requirements-site.lock
	$(COMPILE_GROUP) --group pyproject.toml:verify --constraint requirements.lock --output-file requirements-verify.lock

vendor: ## fetch the files of others anew, at the versions of service/web/vendor/manifest.toml (needs npm)
	$(prepare) requirements-dev.lock
	.venv/bin/python .ci/vendor.py

dist: ## build wheel and sdist twice, and keep them in dist/ if both are the same bytes
	$(prepare) requirements-dev.lock
	.venv/bin/python .ci/dist.py

release: ## test, check, build, commit and tag a version: make release VERSION=x.y.z [DATE=…] [DRY_RUN=1] (many minutes)
	$(prepare) requirements-dev.lock
	.venv/bin/python .ci/release.py '$(VERSION)' --date '$(DATE)' $(if $(DRY_RUN),--dry-run)

clean: ## remove the environment and what the checks left; data/ stays
	rm -rf .venv .venv.lock .pytest_cache .ruff_cache .import_linter_cache .hypothesis .coverage .coverage.* dist
