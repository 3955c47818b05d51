"""Dials → the simulated cohort, which stands in where no reader's firm files are present. SIMULATED.

Needs: config/simulation.yaml; the register's dates of first issues and the list of provinces.
Makes: data/processed/simulated/{firm_accounts,financing_events,projects,truth}.parquet.
"""


rule simulate:
    input:
        calendar=STUDY["raw"]["first_issues_by_city"]["file"],
        provinces=STUDY["raw"]["province_list"]["file"],
    output:
        [
            file_of("simulated", name)
            for name in ("firm_accounts", "financing_events", "projects", "truth")
        ],
    log:
        "logs/simulate.log",
    priority: 10
    params:
        code=version(
            source_files("analysis.simulations.cohort.cohort")
            + source_files("analysis.jobs.simulate")
            + source_files("analysis.jobs.job")
        ),
        settings=STUDY["simulation"],
        raw={
            name: STUDY["raw"][name]
            for name in ("first_issues_by_city", "province_list")
        },
    run:
        dispatch(rule, input, output, params, wildcards, log)
