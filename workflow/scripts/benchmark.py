"""Time every task, each in a process of its own."""

from analysis.jobs.job import job
from analysis.validation.benchmarks.speed import main

with job(snakemake.log[0]):
    main(snakemake.output[0])
