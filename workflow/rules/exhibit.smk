"""Products → figures, tables, facts and verdicts.

Needs: the products in the signatures of analysis/exhibits/ and the tests in config/claims.yaml.
Makes: figures/<figure>.{pdf,png,csv}, paper/tables/<table>.{csv,tex,html,json}, data/processed/facts/<facts>.json,
       data/processed/verdicts.parquet, data/processed/recoveries.parquet.
"""


rule draw:
    input:
        unpack(lambda w: inputs_of("figure", w.exhibit)),
    output:
        **exhibit_files("figure", "{exhibit}"),
    log:
        "logs/draw/{exhibit}.log",
    params:
        code=lambda w: version(code("exhibit", "figure", w.exhibit)),
        sections=lambda w: sections_of("figure", w.exhibit),
        blind=BLIND,
    run:
        dispatch(rule, input, output, params, wildcards, log)


rule layout:
    input:
        # A table of the configuration alone is made anew as well where archived ones are at hand: through a product that no checkout has.
        unpack(
            lambda w: inputs_of("table", w.exhibit)
            or {"data": file_of("facts", "freeze_facts")}
        ),
    output:
        **exhibit_files("table", "{exhibit}"),
    log:
        "logs/layout/{exhibit}.log",
    params:
        code=lambda w: version(code("exhibit", "table", w.exhibit)),
        sections=lambda w: sections_of("table", w.exhibit),
        blind=BLIND,
    run:
        dispatch(rule, input, output, params, wildcards, log)


rule count:
    input:
        unpack(lambda w: inputs_of("facts", w.name)),
    output:
        FILES["facts"],
    log:
        "logs/count/{name}.log",
    params:
        code=lambda w: version(code("exhibit", "facts", w.name)),
        sections=lambda w: sections_of("facts", w.name),
    run:
        dispatch(rule, input, output, params, wildcards, log)


CLAIM_ESTIMATES = sorted(
    {
        name
        for claim in claims_tested(STUDY).values()
        for name in specifications_of(claim)
    }
)


rule judge:
    input:
        **{name: files_of(name) for name in CLAIM_ESTIMATES},
    output:
        file_of("verdicts", VERDICTS),
    log:
        "logs/judge.log",
    params:
        code=version(
            source_files("analysis.jobs.judge") + source_files("analysis.jobs.job")
        ),
        claims=claims_tested(STUDY),
        contract=lambda w: CONTRACTS["verdicts"],
    run:
        dispatch(rule, input, output, params, wildcards, log)


FIRM_ESTIMATES = sorted(
    {
        test["from"]
        for claim in STUDY["claims"].values()
        for test in claim.get("firms", [])
    }
)


rule recover:
    input:
        **{name: files_of(name) for name in FIRM_ESTIMATES},
        truth=file_of("source", "true_effects"),
    output:
        file_of("verdicts", RECOVERIES),
    log:
        "logs/recover.log",
    params:
        code=version(
            source_files("analysis.jobs.recover") + source_files("analysis.jobs.job")
        ),
        claims=STUDY["claims"],
        specifications=STUDY["specifications"],
        outcomes=STUDY["outcomes"],
        contract=lambda w: CONTRACTS["recoveries"],
    run:
        dispatch(rule, input, output, params, wildcards, log)
