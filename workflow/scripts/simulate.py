"""Simulate the cohort."""

from pathlib import Path

from analysis.jobs.job import job
from analysis.jobs.simulate import simulate

with job(snakemake.log[0]):
    simulate(snakemake.params.settings, snakemake.params.raw, Path(snakemake.output[0]).parent)
