"""Clean one source."""

from analysis.stages.clean import clean
from analysis.stages.job import job

with job(snakemake.log[0]):
    clean(snakemake.wildcards.name, snakemake.params.raw, snakemake.params.contract, snakemake.output[0])
