"""Write the codebook."""

from analysis.stages.codebook import codebook
from analysis.stages.job import job

with job(snakemake.log[0]):
    codebook(snakemake.params.tables, snakemake.params.contracts, snakemake.output[0])
