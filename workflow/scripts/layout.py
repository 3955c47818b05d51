"""Lay one table out."""

from analysis.jobs.exhibit import layout
from analysis.jobs.job import job

with job(snakemake.log[0]):
    products = {name: path for name, path in snakemake.input.items() if name != "code"}
    layout(snakemake.wildcards.exhibit, products, snakemake.params.sections, dict(snakemake.output.items()))
