"""docs/reliability.md: the faults that were tried, what was survived and what was lost, as the suite found it."""

from __future__ import annotations

import csv
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from analysis.core.catalogue import ROOT
from analysis.review.manifest import environment

INTRODUCTION = """# Reliability

What breaks a run, and what is then lost. The suite in `tests/faults` tried each line and wrote this page (`make faults`); continuous
integration tries a little of each kind. A fault is survived in one of two ways: the results have the same bytes as without it, or it is
refused in a line that says where and what. What shows in no value, as another plausible digit in a raw file whose hash was renewed
with it, is counted: no contract can tell it, but the hash that is committed does. Slips of units are tried on columns that measure
something, not on texts and identifiers; where a contract lets one pass, sources and panels are made again from it, and it counts as
read by no estimate only if nothing differs that a specification or a curve may read. A cut of power is not tried, nor a disk that returns
other bytes than were written.

Known advisories on the pinned libraries change from day to day, so no test looks them up. With a network,
`pip-audit --strict --disable-pip --require-hashes -r requirements.lock` looks each version up; without `--strict` it calls a library that
it could not look up one without known vulnerabilities. [pinned.csv](pinned.csv), which `make lock` writes, has the day on which each
pinned version was released and what the last free edition of Safety DB (July 2021) says of it.
"""
PARTS = (
    "Killed",
    "Again and again",
    "Surroundings",
    "Another processor",
    "Raw files corrupted",
    "Raw files in other units",
    "Archived results tampered",
    "Hostile input",
)


@dataclass(frozen=True)
class Fault:
    """A kind of fault: how often tried, how often it ended in each way (`harmless`: read by no estimate), and what was lost."""

    part: str
    fault: str
    tried: int
    same: int
    refused: int
    unseen: int
    lost: str
    remark: str
    harmless: int = 0


def keep(faults: list[Fault], path: Path) -> list[Fault]:
    """Add `faults` to those kept at `path` (JSON), in place of the same ones tried before; return all, in the order of PARTS."""
    before = [Fault(**each) for each in json.loads(path.read_text(encoding="utf-8"))] if path.exists() else []
    kept = {(fault.part, fault.fault): fault for fault in (*before, *faults)}
    found = sorted(kept.values(), key=lambda fault: PARTS.index(fault.part))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([asdict(fault) for fault in found], indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return found


def write(faults: list[Fault], path: Path) -> None:
    """Write the page at `path`: machine, then one table a part."""
    about = environment()
    kernels = ", ".join(sorted({value for name, value in about.items() if name.startswith("kernel of")}))
    machine = f"{about['processor']}, {about['cores']} cores, OpenBLAS kernel {kernels}; {about['system']}; Python {about['python']}"
    lines = [INTRODUCTION, f"Machine: {machine}. {_pinned()}"]
    for part in dict.fromkeys(fault.part for fault in faults):
        own = [fault for fault in faults if fault.part == part]
        unseen, harmless = any(fault.unseen for fault in own), any(fault.harmless for fault in own)
        more = [*["read by no estimate"] * harmless, *["not to be seen"] * unseen]
        lines += ["", f"## {part}", "", _row("fault", "tried", "same results", "refused in a line", *more, "lost")]
        lines += [_row("---", "---:", "---:", "---:", *["---:"] * len(more), "---")]
        for fault in own:
            lost = f"{fault.lost}; {fault.remark}" if fault.remark else fault.lost
            counts = [*[fault.harmless] * harmless, *[fault.unseen] * unseen]
            lines += [_row(fault.fault, fault.tried, fault.same, fault.refused, *counts, lost)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _pinned() -> str:
    """Return how many versions are pinned, of when they are, and what is known of them, by docs/pinned.csv."""
    with (ROOT / "docs/pinned.csv").open(encoding="utf-8", newline="") as stream:
        pins = list(csv.DictReader(stream))
    days = sorted(pin["released"] for pin in pins)
    known = [pin["advisories_july_2021"] for pin in pins if pin["advisories_july_2021"]]
    warned = sum(advisories != "none" for advisories in known)
    return (
        f"{len({pin['library'] for pin in pins})} libraries are pinned, in versions of {days[0]} to {days[-1]}, half of them after "
        f"{days[len(days) // 2]}; Safety DB names {len(known)} of them, {warned or 'none'} in the pinned version."
    )


def _row(*cells: object) -> str:
    """Return a row of a Markdown table; a bar within a cell is no border of one."""
    return f"| {' | '.join(f'{cell:,}' if isinstance(cell, int) else str(cell).replace('|', chr(92) + '|') for cell in cells)} |"
