"""The study, from raw files to the paper: raw → clean → panel → estimate → exhibit → paper."""

import threading


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
        "paper/paper.pdf",
        "paper/dossier.html",
        "paper/codebook.md",
        DOCUMENTS[PAPER].exhibit_files(),


rule validation:
    input:
        "paper/validation.pdf",
        DOCUMENTS[VALIDATION].provenance,
        DOCUMENTS[VALIDATION].exhibit_files(),


def end_timers():
    """Stop the timers that would look at the queue again: each holds up the end of a finished run by the time span of the profile."""
    for thread in threading.enumerate():
        if isinstance(thread, threading.Timer):
            thread.cancel()


onsuccess:
    end_timers()


onerror:
    end_timers()
