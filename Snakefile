"""The study, from raw files to the paper: raw → clean → panel → estimate → exhibit → paper."""

from snakemake.scheduling.job_scheduler import JobScheduler

# Snakemake always limits the jobs that start per second, and after every look at the queue plans another for when the limit has passed:
# after some hundreds of jobs it does little but look, and a finished run waits for the last look. The profile's limit is never
# reached, so that no such look is needed; jobs that end have the queue looked at anyway.
JobScheduler._schedule_reevalutation = lambda scheduler, delay: None


include: "workflow/rules/common.smk"
include: "workflow/rules/simulate.smk"
include: "workflow/rules/clean.smk"
include: "workflow/rules/panel.smk"
include: "workflow/rules/estimate.smk"
include: "workflow/rules/check.smk"
include: "workflow/rules/exhibit.smk"
include: "workflow/rules/paper.smk"


rule study:
    default_target: True
    input:
        list(DOCUMENTS[PAPER].volumes),
        "paper/dossier.html",
        "paper/codebook.md",
        DOCUMENTS[PAPER].exhibit_files(),


rule validation:
    input:
        "paper/validation.pdf",
        DOCUMENTS[VALIDATION].provenance,
        DOCUMENTS[VALIDATION].exhibit_files(),
