"""Canonical tables → panels.

Needs: the tables in the signature of analysis/panels/<panel>.py.
Makes: data/processed/panels/<panel>.parquet.
"""


rule build:
    input:
        unpack(lambda w: inputs_of("panel", w.name)),
    output:
        FILES["panel"],
    log:
        "logs/build/{name}.log",
    params:
        code=lambda w: version(code("build", "panel", w.name)),
        settings=lambda w: (
            STUDY["panels"].get(w.name, {}).get("settings", {})
            if "settings" in ingredients("panel", w.name)
            else None
        ),
        contract=lambda w: CONTRACTS[w.name],
        labels=lambda w: {
            table: CONTRACTS[table]["labels"]
            for table in ingredients("panel", w.name)
            if "labels" in CONTRACTS.get(table, {})
        },
        blind=BLIND,
    run:
        dispatch(rule, input, output, params, wildcards, log)
