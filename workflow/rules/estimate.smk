"""Panels → estimates: one job is one specification and one outcome, never one replication.

Needs: the panel that the specification in config/study.yaml names.
Makes: data/processed/estimates/<specification>/<outcome>.parquet.
"""

# What a reader sees of a model does not change its numbers: rewording a label refits nothing.
LABELS = ("title", "label", "unit", "family", "planted")


rule estimate:
    input:
        panel=lambda w: product_files(STUDY["specifications"][w.name]["panel"]),
        code=lambda w: code(
            "estimate", "estimator", STUDY["specifications"][w.name]["estimator"]
        ),
    output:
        "data/processed/estimates/{name}/{outcome}.parquet",
    log:
        "logs/estimate/{name}/{outcome}.log",
    params:
        specification=lambda w: {
            k: v
            for k, v in STUDY["specifications"][w.name].items()
            if k not in ("title", "outcomes", "planted")
        },
        outcome=lambda w: {
            k: v
            for k, v in STUDY["outcomes"].get(w.outcome, {}).items()
            if k not in LABELS
        },
        contract=CONTRACTS["estimate"],
    script:
        "../scripts/estimate.py"
