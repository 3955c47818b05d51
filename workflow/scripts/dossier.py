"""Put the dossier together."""

from analysis.stages.dossier import dossier
from analysis.stages.job import job

with job(snakemake.log[0]):
    params = snakemake.params
    dossier(snakemake.input.provenance, snakemake.input.numbers, params.title, params.order, snakemake.output[0])
