"""Count one set of facts."""

from analysis.jobs.exhibit import count
from analysis.jobs.job import job

with job(snakemake.log[0]):
    products = {name: path for name, path in snakemake.input.items() if name != "code"}
    count(snakemake.wildcards.name, products, snakemake.params.sections, snakemake.output[0])
