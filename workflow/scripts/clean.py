"""Clean one source."""

from analysis.jobs.clean import clean
from analysis.jobs.job import job

with job(snakemake.log[0]):
    clean(snakemake.wildcards.name, snakemake.params.raw, snakemake.params.contract, snakemake.output[0])
