"""Trace every printed number to the raw files."""

from analysis.jobs.job import job
from analysis.jobs.trace import trace

with job(snakemake.log[0]):
    trace(snakemake.params.files, snakemake.input.numbers, snakemake.output[0])
