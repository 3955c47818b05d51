"""Draw one figure."""

from analysis.jobs.exhibit import draw
from analysis.jobs.job import job

with job(snakemake.log[0]):
    products = {name: path for name, path in snakemake.input.items() if name != "code"}
    draw(snakemake.wildcards.exhibit, products, snakemake.params.sections, list(snakemake.output))
