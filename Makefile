# Every target sets up what it needs; a bare machine with Python 3.11 and make is enough.
PYTHON ?= $(or $(shell command -v python3.11),python3)
UV := $(or $(shell command -v uv),.tools/bin/uv)
READY := .venv/.ready
RUN := $(UV) run --no-sync
RENDER := .cache/render

.PHONY: help demo screenshot test check format coverage bench bench-check docs build render clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/' | expand -t 12

demo: $(READY)  ## run the main job on the sample site; the page is demo-report/index.html
	$(RUN) surveil-reid demo

screenshot: $(READY)  ## the README's picture of the page that `make demo` wrote; needs a Chromium
	PYTHONPATH=tests $(RUN) python tests/benchmarks/screenshot.py demo-report/index.html docs/images/report.png

test: $(READY)  ## run the tests; those on real data run where SURVEIL_REID_DATA is set
	$(RUN) pytest

check: $(READY)  ## format, lint, types, import contracts, spelling
	$(UV) lock --check
	$(RUN) ruff format --check .
	$(RUN) ruff check .
	$(RUN) mypy
	$(RUN) lint-imports
	$(RUN) codespell

format: $(READY)  ## format the code and mend what can be mended
	$(RUN) ruff format .
	$(RUN) ruff check --fix .

coverage: $(READY)  ## branch coverage of the parts that decide about people
	$(RUN) pytest --cov --cov-report=term-missing --cov-report=html:.cache/coverage

bench: $(READY)  ## measure committed records again; BENCH=--list says what each needs, see bench.py
	PYTHONPATH=.:tests $(RUN) python tests/benchmarks/bench.py $(BENCH)

bench-check: $(READY)  ## measure some ratios of speed again; fails on a loss of more than a fifth
	PYTHONPATH=tests $(RUN) python tests/benchmarks/check.py $(SURVEIL_REID_DATA)

docs: $(READY)  ## fill in the figures of docs/method.md and docs/performance.md from the records
	$(RUN) python -m training.paper_pages
	$(RUN) python -m training.performance

build: $(READY)  ## the wheel and the source archive, in dist/
	$(UV) build

render: $(READY)  ## render the sample site again, into samples/site (half an hour of two cores; resumes)
	$(UV) run --locked --group render python -m samples.render bodies --work $(RENDER)
	$(UV) run --locked --project samples/render python -m samples.render frames --work $(RENDER)
	$(UV) run --locked --project samples/render python -m samples.render film --work $(RENDER) --out samples/site

clean:  ## remove the environment and everything made from the sources
	rm -rf .venv .tools .cache dist

$(READY): pyproject.toml uv.lock | $(UV)
	$(UV) sync --locked
	@touch $@

.tools/bin/uv:
	$(PYTHON) -m venv .tools
	.tools/bin/pip install --quiet uv
