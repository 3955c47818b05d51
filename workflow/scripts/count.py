"""Count one set of facts."""

from analysis.stages.exhibit import count
from analysis.stages.job import job

with job(snakemake.log[0]):
    products = {name: path for name, path in snakemake.input.items() if name != "code"}
    count(snakemake.wildcards.name, products, snakemake.params.sections, snakemake.output[0])
