"""Numbers, exhibits and text → the documents.

Needs: paper/*.typ, every exhibit that they cite, every product that config/numbers.yaml quotes; for the provenance, all.
Makes: paper/numbers.json, paper/paper.pdf, paper/supplement.pdf, data/processed/provenance.json, paper/dossier.html,
       paper/codebook.md; of the validation paper/validation_numbers.json, paper/validation.pdf and
       data/processed/validation_provenance.json.
"""

OF_NUMBERS = {document.numbers_file: document for document in DOCUMENTS.values()}
OF_PDF = {pdf: document for document in DOCUMENTS.values() for pdf in document.volumes}
OF_PROVENANCE = {document.provenance: document for document in DOCUMENTS.values()}


def quoted(document, kind=None):
    """The products that a document quotes, of one kind or all."""
    names = document.quoted(STUDY["numbers"], KIND)
    return [name for name in names if kind in (None, KIND[name])]


rule quote:
    input:
        unpack(
            lambda w: {
                name: files_of(name)
                for name in quoted(OF_NUMBERS[f"paper/{w.name}.json"])
            }
        ),
    output:
        "paper/{name}.json",
    log:
        "logs/quote/{name}.log",
    wildcard_constraints:
        name="|".join(document.numbers_name for document in DOCUMENTS.values()),
    params:
        code=version(
            source_files("analysis.exhibits.quotation")
            + source_files("analysis.jobs.job")
        ),
        blind=BLIND,
        simulated=["cohort_facts"] if STUDY["simulated_firms"] else [],
        numbers=lambda w: {
            name: STUDY["numbers"][name]
            for name in OF_NUMBERS[f"paper/{w.name}.json"].numbers
        },
        exhibits=lambda w: OF_NUMBERS[f"paper/{w.name}.json"].captions(
            STUDY["exhibits"]
        ),
        estimates=lambda w: quoted(OF_NUMBERS[f"paper/{w.name}.json"], "estimates"),
        facts=lambda w: quoted(OF_NUMBERS[f"paper/{w.name}.json"], "facts"),
    run:
        dispatch(rule, input, output, params, wildcards, log)


rule typeset:
    input:
        text=lambda w: OF_PDF[f"paper/{w.name}.pdf"].texts(f"paper/{w.name}.pdf"),
        style="paper/style.typ",
        bibliography="paper/references.bib",
        numbers=lambda w: OF_PDF[f"paper/{w.name}.pdf"].numbers_file,
        exhibits=lambda w: OF_PDF[f"paper/{w.name}.pdf"].exhibit_files(),
    output:
        "paper/{name}.pdf",
    log:
        "logs/typeset/{name}.log",
    wildcard_constraints:
        name="|".join(pdf.removeprefix("paper/").removesuffix(".pdf") for pdf in OF_PDF),
    params:
        code=version(
            source_files("analysis.exhibits.typesetting")
            + source_files("analysis.jobs.job")
        ),
        document=lambda w: OF_PDF[f"paper/{w.name}.pdf"],
    run:
        dispatch(rule, input, output, params, wildcards, log)


CONFIG_FILES = [
    "paper/exhibits.yaml",
    *sorted(
        path.relative_to(catalogue.ROOT).as_posix()
        for path in (catalogue.ROOT / "config").rglob("*.yaml")
        if path.name != "cluster.yaml"  # where jobs run is no part of a result
    ),
]


def traced(document):
    """Product → files of all that a document is made from."""
    return {name: listed(files_of(name)) for name in made_from(STUDY, document)}


rule fingerprint:
    input:
        raw=sorted(
            {
                path.as_posix()
                for contract in STUDY["raw"].values()
                for path in rawfiles.locate(contract).values()
                if (rawfiles.ROOT / path).exists() or rawfiles.is_simulated(contract)
            }
        ),
    output:
        FINGERPRINTS,
    log:
        "logs/fingerprint.log",
    params:
        code=version(
            source_files("analysis.provenance.files")
            + source_files("analysis.jobs.job")
        ),
        raw=STUDY["raw"],
    run:
        dispatch(rule, input, output, params, wildcards, log)


rule trace:
    input:
        products=lambda w: sorted(
            {
                path
                for paths in traced(
                    OF_PROVENANCE[file_of("provenance", w.name)]
                ).values()
                for path in paths
            }
        ),
        numbers=lambda w: OF_PROVENANCE[file_of("provenance", w.name)].numbers_file,
        exhibits=lambda w: OF_PROVENANCE[file_of("provenance", w.name)].exhibit_files(),
        fingerprints=FINGERPRINTS,
        config=CONFIG_FILES,
    output:
        FILES["provenance"],
    log:
        "logs/trace/{name}.log",
    wildcard_constraints:
        name="|".join(document.provenance_name for document in DOCUMENTS.values()),
    params:
        # The version of all programs is part of a provenance.
        code=version(program_files()),
        files=lambda w: traced(OF_PROVENANCE[file_of("provenance", w.name)]),
        document=lambda w: OF_PROVENANCE[file_of("provenance", w.name)].name,
    run:
        dispatch(rule, input, output, params, wildcards, log)


rule dossier:
    input:
        provenance=DOCUMENTS[PAPER].provenance,
        numbers=DOCUMENTS[PAPER].numbers_file,
        exhibits=DOCUMENTS[PAPER].exhibit_files(),
        text=sorted(
            path.relative_to(catalogue.ROOT).as_posix()
            for path in (catalogue.ROOT / "paper").rglob("*.typ")
        ),
        page=[
            f"analysis/provenance/dossier/page.{form}"
            for form in ("html", "css", "js")
        ],
    output:
        "paper/dossier.html",
    log:
        "logs/dossier.log",
    params:
        code=version(
            source_files("analysis.provenance.dossier.page")
            + source_files("analysis.jobs.job")
        ),
        title=STUDY["title"],
        notes={
            name: STUDY["exhibits"][name]["note"] for name in DOCUMENTS[PAPER].exhibits
        },
        order={
            "exhibits": list(DOCUMENTS[PAPER].exhibits),
            "curves": list(STUDY["specification_curves"]),
        },
    run:
        dispatch(rule, input, output, params, wildcards, log)


TABLES = [
    name for kind in ("source", "panel") for name in sorted(catalogue.modules(kind))
]
# Tables of simulated firms are built for the validation alone; the codebook describes them by their contracts.
DOCUMENTED = {
    name: files_of(name)
    for name in TABLES
    if name in made_from(STUDY, DOCUMENTS[PAPER])
}


rule codebook:
    input:
        tables=list(DOCUMENTED.values()),
    output:
        "paper/codebook.md",
    log:
        "logs/codebook.log",
    params:
        code=version(
            source_files("analysis.exhibits.codebook")
            + source_files("analysis.jobs.job")
        ),
        tables=DOCUMENTED,
        contracts={name: CONTRACTS[name] for name in TABLES},
    run:
        dispatch(rule, input, output, params, wildcards, log)
