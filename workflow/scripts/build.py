"""Build one panel."""

from analysis.stages.build import build
from analysis.stages.job import job

with job(snakemake.log[0]):
    tables = {name: path for name, path in snakemake.input.items() if name != "code"}
    build(snakemake.wildcards.name, tables, snakemake.params.settings, snakemake.params.contract, snakemake.output[0])
