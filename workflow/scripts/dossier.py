"""Put the dossier together."""

from analysis.jobs.dossier import dossier
from analysis.jobs.job import job

with job(snakemake.log[0]):
    params = snakemake.params
    dossier(snakemake.input.provenance, snakemake.input.numbers, params.title, params.order, snakemake.output[0])
