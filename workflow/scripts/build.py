"""Build one panel."""

from analysis.jobs.build import build
from analysis.jobs.job import job

with job(snakemake.log[0]):
    tables = {name: path for name, path in snakemake.input.items() if name != "code"}
    p = snakemake.params
    build(snakemake.wildcards.name, tables, p.settings, p.contract, snakemake.output[0], p.labels, p.blind)
