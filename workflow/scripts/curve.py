"""Estimate every specification of one curve."""

import zlib

from analysis.jobs.curve import curve
from analysis.jobs.job import job

with job(snakemake.log[0]):
    params = snakemake.params
    seed = zlib.crc32(f"{params.seed} {snakemake.wildcards.name}".encode())
    curve(
        snakemake.wildcards.name,
        params.settings,
        params.panel,
        params.test,
        seed,
        snakemake.input.panel,
        params.contracts,
        list(snakemake.output),
    )
