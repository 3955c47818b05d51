"""The study, from raw files to the paper: raw → clean → panel → estimate → exhibit → paper."""


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
