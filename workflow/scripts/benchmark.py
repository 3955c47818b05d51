"""Time every task, each in a process of its own."""

from analysis.benchmarks.speed import main
from analysis.stages.job import job

with job(snakemake.log[0]):
    main(snakemake.output[0])
