"""One sweep: its blocks scattered over jobs, then gathered.

Needs: plan.json in the folder in which it runs, which `python -m analysis sweep` writes, and the data that the plan names.
Makes: blocks/*.npz, jobs/<jobs>/<job>.done, and the tables of the sweep in that folder.
"""

from analysis.jobs.dispatch import dispatch, make_ready
from analysis.jobs.sweep import HERE, RESULTS
from analysis.sweeps.plan import read

PLAN = read(HERE)
JOBS = int(config["jobs"])
if workflow.local_exec:
    make_ready()


# Short, and it reads the files of all jobs: it runs where the command does.
localrules:
    gather,


rule gather:
    default_target: True
    input:
        expand("jobs/{jobs}/{name:05d}.done", jobs=JOBS, name=range(JOBS)),
    output:
        RESULTS[PLAN.kind],
    log:
        "logs/gather.log",
    run:
        dispatch(rule, input, output, params, wildcards, log)


rule scatter:
    input:
        "plan.json",
    output:
        f"jobs/{JOBS}/{{name}}.done",
    log:
        "logs/scatter/{name}.log",
    wildcard_constraints:
        name=r"\d+",
    params:
        jobs=JOBS,
    run:
        dispatch(rule, input, output, params, wildcards, log)
