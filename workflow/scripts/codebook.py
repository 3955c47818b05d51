"""Write the codebook."""

from analysis.jobs.codebook import codebook
from analysis.jobs.job import job

with job(snakemake.log[0]):
    codebook(snakemake.params.tables, snakemake.params.contracts, snakemake.output[0])
