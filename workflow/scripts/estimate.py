"""Estimate one specification for one outcome."""

from analysis.jobs.estimate import estimate
from analysis.jobs.job import job

with job(snakemake.log[0]):
    estimate(
        snakemake.wildcards.name,
        snakemake.params.specification,
        snakemake.wildcards.outcome,
        snakemake.params.outcome or None,
        snakemake.input.panel,
        snakemake.params.contract,
        snakemake.output[0],
    )
