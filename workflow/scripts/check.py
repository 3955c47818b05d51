"""Run one check."""

from analysis.jobs.check import check
from analysis.jobs.job import job

with job(snakemake.log[0]):
    products = {name: path for name, path in snakemake.input.items() if name not in ("data", "code")}
    check(snakemake.wildcards.name, products, snakemake.params.sections, snakemake.params.contract, snakemake.output[0])
