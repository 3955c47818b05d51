"""Typeset the paper."""

from analysis.stages.job import job
from analysis.stages.typeset import typeset

with job(snakemake.log[0]):
    typeset("paper/paper.typ", snakemake.output[0])
