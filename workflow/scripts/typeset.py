"""Typeset the paper."""

from analysis.jobs.job import job
from analysis.jobs.typeset import typeset

with job(snakemake.log[0]):
    typeset("paper/paper.typ", snakemake.output[0])
