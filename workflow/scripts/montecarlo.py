"""Replicate one design."""

import zlib

from analysis.jobs.job import job
from analysis.jobs.montecarlo import montecarlo

with job(snakemake.log[0]):
    name = snakemake.wildcards.name
    seed = zlib.crc32(f"{snakemake.params.seed} {name}".encode())
    montecarlo(name, snakemake.params.settings, seed, snakemake.params.contract, snakemake.output[0])
