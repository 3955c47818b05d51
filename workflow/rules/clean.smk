"""Raw files → canonical tables.

Needs: the files that config/sources/*.yaml describe (those present).
Makes: data/processed/sources/<source>.parquet.
"""


def raw_files(wildcards):
    return [
        path.as_posix()
        for raw in ingredients("source", wildcards.name)
        for path in rawfiles.locate(STUDY["raw"][raw]).values()
        if (rawfiles.ROOT / path).exists() or rawfiles.is_simulated(STUDY["raw"][raw])
    ]


# Bad input must show before any long job starts.
rule clean:
    input:
        raw=raw_files,
    output:
        FILES["source"],
    log:
        "logs/clean/{name}.log",
    priority: 10
    params:
        code=lambda w: version(code("clean", "source", w.name)),
        raw=lambda w: {raw: STUDY["raw"][raw] for raw in ingredients("source", w.name)},
        contract=lambda w: CONTRACTS[w.name],
    run:
        dispatch(rule, input, output, params, wildcards, log)
