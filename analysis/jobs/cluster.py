"""What Snakemake is told where a cluster runs the jobs: where to send them, what each needs, which go together.

The workflow is the same; config/cluster.yaml says where it runs and workflow/profiles/<cluster>/resources.yaml, measured, what it takes.
"""

from __future__ import annotations

import contextlib
import subprocess
from pathlib import Path

from analysis.core.catalogue import ROOT
from analysis.core.checked_yaml import read_yaml
from analysis.core.errors import ConfigError, unknown

PROFILES = ROOT / "workflow" / "profiles"
SETTINGS = "config/cluster.yaml"
# Never sent away: it measures this machine.
LOCAL = ("benchmark",)
# Seconds in which a cluster answers; and what its answer holds where no waiting helps.
PATIENCE = 30
REFUSALS = ("invalid", "unable to contact", "configuration source", "not permitted", "denied")


def profile(cluster: str) -> str:
    """Return the profile of a cluster; raise UnknownName where there is none."""
    known = {path.name for path in PROFILES.iterdir()} - {"default"}
    if cluster not in known:
        raise unknown(cluster, known, "CLUSTER", "cluster")
    return f"workflow/profiles/{cluster}"


def settings(root: Path = ROOT) -> dict:
    """Return config/cluster.yaml, checked: partition, account, scratch, jobs, group, margin."""
    return read_yaml(root / SETTINGS, "cluster")["cluster"]


def resources(cluster: str, root: Path = ROOT) -> dict[str, dict]:
    """Return rule → mem_mb, runtime (minutes), cpus, seconds (longest) as measured; `default` for rules that were not."""
    return read_yaml(root / f"workflow/profiles/{cluster}/resources.yaml", "resources")["resources"]


def check_answers(root: Path = ROOT) -> None:
    """Ask Slurm whether it would take a job, which it does not run. Raises ConfigError with what to do where it takes none.

    A cluster that is full, or whose nodes are held back, will take it later, and is left to.
    """
    chosen = settings(root)
    place = [f"--{name}={chosen[name]}" for name in ("partition", "account") if chosen[name]]
    try:
        asked = subprocess.run(
            ["sbatch", "--test-only", "--mem=1", *place, "--wrap=true"], capture_output=True, text=True, timeout=PATIENCE
        )
    except FileNotFoundError:
        raise ConfigError("CLUSTER=slurm: there is no program sbatch on this machine; run it on a login node of the cluster") from None
    except subprocess.TimeoutExpired:
        raise ConfigError(f"CLUSTER=slurm: Slurm does not answer within {PATIENCE} seconds; try again, or ask those who run it") from None
    said = asked.stdout + asked.stderr
    if asked.returncode and any(sign in said.lower() for sign in REFUSALS):
        last = said.strip().splitlines()[-1]
        known = f"; it has the partitions {', '.join(found)}" if (found := _partitions()) else ""
        raise ConfigError(f"CLUSTER=slurm: Slurm takes no job ({last}); {SETTINGS} names partition and account{known}")


def _partitions() -> list[str]:
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        listed = subprocess.run(["sinfo", "--noheader", "--format=%R"], capture_output=True, text=True, timeout=PATIENCE, check=True)
        return sorted(set(listed.stdout.split()))
    return []


def arguments(cluster: str, minutes: int = 0, root: Path = ROOT) -> list[str]:
    """Return the arguments of Snakemake for a run on `cluster`: limits, resources and groups.

    With `minutes` of a sweep: its jobs are as long as they are made, so that each takes that time and none go together.
    """
    chosen, measured = settings(root), resources(cluster, root)
    default = measured["default"] | ({"runtime": minutes} if minutes else {})
    needs = {} if minutes else {rule: about for rule, about in measured.items() if rule != "default" and rule not in LOCAL}
    together = [rule for rule, about in needs.items() if about["seconds"] < chosen["group"]["seconds"]]
    # Jobs of a group run one after another. Snakemake adds up what would run at once, up to this limit: without it a group of forty
    # asks for forty CPUs, more than a node has, and waits for ever; with it times add up instead.
    widest = max(about["cpus"] for about in measured.values())
    words = ["--jobs", str(chosen["jobs"])]
    words += ["--resources", f"cpus_per_task={widest}", "--set-resource-scopes", "cpus_per_task=local"]
    words += ["--default-resources", *_asked("", default), *_place(chosen)]
    words += ["--set-resources", *(line for rule, about in needs.items() for line in _asked(f"{rule}:", about))] if needs else []
    if together:
        words += ["--groups", *(f"{rule}={rule}" for rule in together)]
        words += ["--group-components", *(f"{rule}={chosen['group']['jobs']}" for rule in together)]
    return words + ([] if chosen["account"] else ["--slurm-no-account"])


def environment(cluster: str, root: Path = ROOT) -> dict[str, str]:
    """Return the variables that jobs on a cluster find besides their own: where they may write temporary files."""
    scratch = settings(root)["scratch"] if cluster else ""
    return {"TMPDIR": scratch} if scratch else {}


def cancel(prefix: str) -> None:
    """Take the jobs whose names begin with `prefix` out of the queue; a cluster that does not answer at once is left alone."""
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        listed = subprocess.run(["squeue", "--me", "--noheader", "--format=%i %j"], capture_output=True, text=True, timeout=1, check=True)
        own = [line.split()[0] for line in listed.stdout.splitlines() if line.split()[-1].startswith(prefix)]
        if own:
            subprocess.run(["scancel", *own], capture_output=True, timeout=1, check=False)


def _asked(prefix: str, about: dict) -> list[str]:
    # A second attempt asks for twice as much: the first may have filled its memory or its time.
    grown = [f"{prefix}{name}={about[name]}*attempt" for name in ("mem_mb", "runtime")]
    return [*grown, f"{prefix}cpus_per_task={about['cpus']}"]


def _place(chosen: dict) -> list[str]:
    return [f"slurm_{name}={chosen[name]}" for name in ("partition", "account") if chosen[name]]
