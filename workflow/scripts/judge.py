"""Judge every claim."""

from analysis.jobs.job import job
from analysis.jobs.judge import judge

with job(snakemake.log[0]):
    estimates = {name: paths for name, paths in snakemake.input.items() if name != "code"}
    judge(snakemake.params.claims, estimates, snakemake.params.contract, snakemake.output[0])
