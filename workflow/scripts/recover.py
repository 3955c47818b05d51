"""Compare what was planted in the simulated cohort with what was found."""

from analysis.jobs.job import job
from analysis.jobs.judge import compare

with job(snakemake.log[0]):
    estimates = {name: paths for name, paths in snakemake.input.items() if name not in ("code", "truth")}
    estimates = {name: [paths] if isinstance(paths, str) else list(paths) for name, paths in estimates.items()}
    chosen = {key: snakemake.params[key] for key in ("claims", "specifications", "outcomes", "contract")}
    compare(**chosen, estimates=estimates, truth=snakemake.input.truth, path=snakemake.output[0])
