"""Numbers, exhibits and text → the paper.

Needs: paper/*.typ, every exhibit that they cite, every product that config/numbers.yaml quotes; for the provenance, all.
Makes: paper/numbers.json, paper/paper.pdf, data/processed/provenance.json, paper/dossier.html,
       paper/codebook.md.
"""

QUOTED = sorted({number["from"] for number in STUDY["numbers"].values()})
PAPER_TEXT = sorted(
    path.relative_to(catalogue.ROOT).as_posix()
    for path in (catalogue.ROOT / "paper").rglob("*.typ")
)


def exhibit_files():
    """Every file of every exhibit in the configuration."""
    figures = catalogue.modules("figure")
    for name in STUDY["exhibits"]:
        if name in figures:
            yield from (f"figures/{name}.{form}" for form in FIGURE_FORMATS)
        else:
            yield from (f"paper/tables/{name}.{form}" for form in TABLE_FORMATS)


rule quote:
    input:
        **{name: product_files(name) for name in QUOTED},
        code=source_files("analysis.jobs.quote") + source_files("analysis.jobs.job"),
    output:
        "paper/numbers.json",
    log:
        "logs/quote.log",
    params:
        blind=BLIND,
        numbers=STUDY["numbers"],
        exhibits=STUDY["exhibits"],
        estimates=[name for name in QUOTED if KIND[name] == "estimates"],
        facts=[name for name in QUOTED if KIND[name] == "facts"],
    run:
        dispatch(rule, input, output, params, wildcards, log)


rule typeset:
    input:
        text=PAPER_TEXT,
        bibliography="paper/references.bib",
        numbers="paper/numbers.json",
        exhibits=list(exhibit_files()),
        code=source_files("analysis.jobs.typeset")
        + source_files("analysis.jobs.job"),
    output:
        "paper/paper.pdf",
    log:
        "logs/typeset.log",
    run:
        dispatch(rule, input, output, params, wildcards, log)


CONFIG_FILES = sorted(
    path.relative_to(catalogue.ROOT).as_posix()
    for path in (catalogue.ROOT / "config").rglob("*.yaml")
)
PRODUCT_FILES = {name: listed(product_files(name)) for name in sorted(KIND)}


rule trace:
    input:
        products=sorted({path for paths in PRODUCT_FILES.values() for path in paths}),
        numbers="paper/numbers.json",
        exhibits=list(exhibit_files()),
        text=PAPER_TEXT,
        config=CONFIG_FILES,
        code=source_files("analysis.jobs.trace") + source_files("analysis.jobs.job"),
    output:
        "data/processed/provenance.json",
    log:
        "logs/trace.log",
    params:
        files=PRODUCT_FILES,
    run:
        dispatch(rule, input, output, params, wildcards, log)


rule dossier:
    input:
        provenance="data/processed/provenance.json",
        numbers="paper/numbers.json",
        exhibits=list(exhibit_files()),
        page=[f"analysis/provenance/dossier/page.{form}" for form in ("html", "css", "js")],
        code=source_files("analysis.jobs.dossier")
        + source_files("analysis.jobs.job"),
    output:
        "paper/dossier.html",
    log:
        "logs/dossier.log",
    params:
        title=STUDY["title"],
        order={"exhibits": list(STUDY["exhibits"]), "curves": list(STUDY["specification_curves"])},
    run:
        dispatch(rule, input, output, params, wildcards, log)


DOCUMENTED = {
    name: product_files(name)
    for kind in ("source", "panel")
    for name in sorted(catalogue.modules(kind))
}


rule codebook:
    input:
        tables=list(DOCUMENTED.values()),
        code=source_files("analysis.jobs.codebook")
        + source_files("analysis.jobs.job"),
    output:
        "paper/codebook.md",
    log:
        "logs/codebook.log",
    params:
        tables=DOCUMENTED,
        contracts={name: CONTRACTS[name] for name in DOCUMENTED},
    run:
        dispatch(rule, input, output, params, wildcards, log)
