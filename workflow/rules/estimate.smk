"""Panels → estimates: one job is one specification and one outcome, never one replication.

Needs: the panel that the specification in config/specifications names.
Makes: data/processed/estimates/<specification>/<outcome>.parquet; of every specification curve in config/specification_curves.yaml
       data/processed/curves/<curve>.parquet and <curve>_joint.parquet.
"""


rule estimate:
    input:
        panel=lambda w: files_of(STUDY["specifications"][w.name]["panel"]),
    output:
        FILES["estimates"],
    log:
        "logs/estimate/{name}/{outcome}.log",
    params:
        code=lambda w: version(
            code("estimate", "estimator", STUDY["specifications"][w.name]["estimator"])
        ),
        specification=lambda w: {
            k: v
            for k, v in STUDY["specifications"][w.name].items()
            if k not in ("title", "outcomes", "true_effect")
        },
        outcome=lambda w: {
            k: v
            for k, v in STUDY["outcomes"].get(w.outcome, {}).items()
            if k not in LABELS
        },
        contract=CONTRACTS["estimate"],
    run:
        dispatch(rule, input, output, params, wildcards, log)


rule curve:
    input:
        panel=lambda w: files_of(STUDY["specification_curves"][w.name]["panel"]),
    output:
        FILES["curve"],
        file_of("curve_joint", JOINT.format("{name}")),
    log:
        "logs/curve/{name}.log",
    wildcard_constraints:
        name="|".join(sorted(STUDY["specification_curves"])),
    params:
        code=lambda w: version(
            sorted(
                set(
                    source_files("analysis.jobs.curve")
                    + source_files("analysis.jobs.job")
                )
                | {
                    path
                    for method in STUDY["specification_curves"][w.name]
                    .get("estimators", {})
                    .values()
                    for path in source_files(
                        module_of("estimator", method["estimator"], "workflow")
                    )
                }
            )
        ),
        settings=lambda w: STUDY["specification_curves"][w.name],
        panel=lambda w: STUDY["panels"][STUDY["specification_curves"][w.name]["panel"]],
        test=lambda w: claim_test(STUDY, STUDY["specification_curves"][w.name]),
        seed=STUDY["seed"],
        contracts={name: CONTRACTS[name] for name in ("curve", "curve_joint")},
    run:
        dispatch(rule, input, output, params, wildcards, log)
