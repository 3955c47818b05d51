"""Write the numbers that the paper prints."""

from analysis.jobs.job import job
from analysis.jobs.quote import quote

with job(snakemake.log[0]):
    files = dict(snakemake.input.items())
    quote(
        snakemake.params.numbers,
        snakemake.params.exhibits,
        {name: files[name] for name in snakemake.params.estimates},
        {name: files[name] for name in snakemake.params.facts},
        snakemake.output[0],
        snakemake.params.blind,
    )
