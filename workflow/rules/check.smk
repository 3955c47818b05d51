"""Do the methods do what they say? Printed numbers, second implementations, true effects, speed.

Needs: config/published.yaml and config/montecarlo.yaml; the paper's panels for cross-checks; data sets of others
(external files, or inside installed packages).
Makes: data/processed/checks/<check>.parquet, data/processed/montecarlo/<process>.parquet; on demand (`make benchmark`)
       data/raw/measurements/speed.csv.
"""


def estimator_code(names):
    """Source files of the estimators in `names`."""
    roots = [module_of("estimator", name, "workflow") for name in names]
    return {path for root in roots for path in source_files(root)}


def check_code(name):
    used = (
        catalogue.modules("estimator")
        if name in ("cross_checks", "metamorphic")
        else {target["estimator"] for target in STUDY["published"].values()}
    )
    return sorted(estimator_code(used) | set(code("check", "check", name)))


def validation_files(wildcards):
    folder = rawfiles.external_folder() / "validation"
    return sorted(
        (folder / path.name).as_posix()
        for path in (rawfiles.ROOT / folder).glob("*.csv")
    )


rule check:
    input:
        unpack(lambda w: inputs_of("check", w.name)),
        data=validation_files,
    output:
        FILES["check"],
    log:
        "logs/check/{name}.log",
    params:
        code=lambda w: version(check_code(w.name)),
        sections=lambda w: sections_of("check", w.name),
        contract=lambda w: CONTRACTS[w.name],
    run:
        dispatch(rule, input, output, params, wildcards, log)


rule montecarlo:
    output:
        FILES["montecarlo"],
    log:
        "logs/montecarlo/{name}.log",
    params:
        code=lambda w: version(
            sorted(
                estimator_code(
                    method["estimator"]
                    for method in STUDY["montecarlo"][w.name]["methods"].values()
                )
                | set(
                    code(
                        "montecarlo",
                        "data_generating_process",
                        STUDY["montecarlo"][w.name]["data_generating_process"],
                    )
                )
            )
        ),
        settings=lambda w: STUDY["montecarlo"][w.name],
        seed=STUDY["seed"],
        contract=CONTRACTS["montecarlo"],
    run:
        dispatch(rule, input, output, params, wildcards, log)


# Not part of the study: times differ by machine, so that its result is kept as a raw measurement.
rule benchmark:
    input:
        file_of("panel", "firm_year"),
    output:
        BENCHMARK,
    log:
        "logs/benchmark.log",
    params:
        code=version(source_files("analysis.validation.benchmarks.speed")),
    run:
        dispatch(rule, input, output, params, wildcards, log)
