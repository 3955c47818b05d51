# `make` sets up the pinned environment and runs the study; `make validate` tests the methods, `make all` is both; `make test` runs the
# tests.
PYTHON ?= python3
CORES ?= all
# make CLUSTER=slurm sends the jobs to a cluster: docs/cluster.md.
CLUSTER ?=
# make QUIET=yes shows no bar.
QUIET ?=
RUN = $(PYTHON) bootstrap.py $(if $(CLUSTER),--cluster $(CLUSTER))
STUDY = $(RUN) python -m analysis.jobs.run $(if $(CLUSTER),--cluster $(CLUSTER),--cores $(CORES)) $(if $(QUIET),--quiet)

.PHONY: coverage study validate all test test-fast lint lock clean benchmark scaling verify whatif blind package profile faults

study:
	@$(STUDY)

# Tests the methods: printed numbers, second implementations, simulated truths. Not part of the study; its archived results are
# in paper/validation.pdf.
validate:
	@$(STUDY) validation

all:
	@$(STUDY) study validation

test:
	@$(RUN) python -m pytest

# The tests, and how much of analysis/ they run; slower.
coverage:
	@$(RUN) python -m pytest --cov --cov-report=term:skip-covered

# The tests for daily use, within a minute.
test-fast:
	@$(RUN) python -m pytest -m fast

# make whatif MODEL=province_att SET="year>=2012 drop.province='Inner Mongolia'" [OUTCOME=rd_intensity] [HONEST=yes]
# One argument in quotes, or the shell would write what follows > into a file; apostrophes are escaped.
quoted = '$(subst ','\'',$(1))'
whatif:
	@$(RUN) python -m analysis whatif $(if $(MODEL),$(call quoted,$(MODEL))) --set=$(call quoted,$(SET)) --outcome=$(call quoted,$(OUTCOME)) $(if $(HONEST),--honest)

# Runs everything again from raw data in a temporary folder and compares each file, and each cell that differs, with the
# archived results.
verify:
	@$(RUN) python -m analysis verify --cores $(CORES) $(ARGS)

# Runs everything with treatment labels permuted among units, to settle designs unseen; into the folder blind/.
blind:
	@$(RUN) python -m analysis blind --cores $(CORES) $(ARGS)

# Writes the deposit for a data archive into deposit/ and checks it; needs the results of a finished `make`.
package:
	@$(RUN) python -m analysis package $(ARGS)

# Where the time of the last run went: jobs, seconds and memory by rule, and the slowest jobs. ARGS="--record slurm" makes what jobs
# took what they ask for on a cluster.
profile:
	@$(RUN) python -m analysis profile $(ARGS)

# Tries every fault in full and writes docs/reliability.md (hours; the tests run a few of each kind): kill -9 at 50 moments, every
# raw file corrupted 1,000 ways, archived results tampered 200 ways. IPS_FAULT_PYTHONS names further interpreters to try.
faults:
	@IPS_FAULT_MOMENTS=50 IPS_FAULT_CORRUPTIONS=1000 IPS_FAULT_TAMPERS=200 IPS_FAULT_SWEEPS=20 IPS_FAULTS_RECORD=logs/faults.json \
		$(RUN) python -m pytest -n 0 -m slow tests/faults $(ARGS)

# Style, layout and types: what .pre-commit-config.yaml runs on each commit and .ci/run first.
lint:
	@$(RUN) ruff check .
	@$(RUN) ruff format --check .
	@$(RUN) snakefmt --check Snakefile workflow
	@$(RUN) mypy analysis

# Measures speed and memory anew on this machine (about twenty minutes); the table and figure of the paper follow at the next `make`.
benchmark:
	@$(RUN) python -m analysis.jobs.run --cores 1 --force data/processed/benchmark/speed.csv
	@cp data/processed/benchmark/speed.csv data/raw/measurements/speed.csv
	@$(MAKE) --no-print-directory scaling

# Rows of a file against seconds and memory, from the command line (about ten minutes on two idle cores, 12 GiB).
scaling:
	@$(RUN) python -m analysis.validation.benchmarks.scaling data/raw/measurements/scaling.csv
	@cd data/raw/measurements && sha256sum scaling.csv speed.csv > SHA256SUMS

# Writes no package index into the locks; then docs/pinned.csv: when each pinned version was released. Needs uv.
lock:
	uv pip compile requirements.in -o requirements.lock --generate-hashes --no-emit-index-url --python-version 3.11 --universal --no-annotate
	uv pip compile requirements-slurm.in -o requirements-slurm.lock --no-deps --generate-hashes --no-emit-index-url --python-version 3.11 --universal --no-annotate
	uv run workflow/pinned_versions.py

# Removes what the study made in data/processed, all but its README.md, and logs; figures and the paper are archived results
# and stay.
clean:
	find data/processed -mindepth 1 -maxdepth 1 ! -name README.md -exec rm -rf {} +
	rm -rf logs
