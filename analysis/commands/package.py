"""Write the deposit of the study: all tracked files, raw data that may be given away, archived results, README, metadata.

Follows the template of the social science data editors and checks itself against the Data and Code Availability Standard.
Needs the results and provenance of a finished `make`. Status 0 when every rule that a machine can check is kept, 1 when one is
broken (CHECKS.md and the output say which), 2 when there is nothing to package.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from analysis.core.catalogue import ROOT
from analysis.core.config import load
from analysis.core.storage import write_text
from analysis.provenance.archive import provenance
from analysis.review.deposit import metadata, pdf
from analysis.review.deposit.checks import CHECKS, Deposit
from analysis.review.deposit.dry_run import dry_run
from analysis.review.deposit.files import CHECKS as REPORT
from analysis.review.deposit.files import METADATA, copy, held, listed, replaced, write_manifest
from analysis.review.deposit.readme import readme
from analysis.review.deposit.regenerated import results_regenerated
from analysis.review.deposit.standard import report, supply

RESULTS = ("tables", "texts", "overviews", "bytes")  # archived results, which may not be under version control yet
SHOWN = 5  # problems printed of each check


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", default="deposit", metavar="FOLDER", help="where to write it (default: deposit)")


def run(chosen: argparse.Namespace) -> int:
    study = load()
    graph = provenance(ROOT, study)
    out = Path(chosen.out).resolve()
    with replaced(ROOT, out) as part:
        make(study, graph, ROOT, part)
    deposit = Deposit(out, study, graph)
    problems = {check.__name__: ((check.__doc__ or "").strip(), list(check(deposit))) for check in (*CHECKS, results_regenerated, dry_run)}
    write_text(report(study, ROOT, problems), out / REPORT)
    size = sum((out / path).stat().st_size for path in held(out))
    print(f"{out}: {len(held(out))} files, {size / 1e6:.1f} MB.")
    for name, (_, wrong) in problems.items():
        print(f"{'passed' if not wrong else 'BROKEN':>8}  {name}")
        print("".join(f"{'':10}{line}\n" for line in wrong[:SHOWN]), end="")
        if len(wrong) > SHOWN:
            print(f"{'':10}and {len(wrong) - SHOWN} more in {REPORT}")
    print("A person must still supply:", *(f"  - {item}" for item in supply(study, ROOT)), sep="\n")
    return 1 if any(wrong for _, wrong in problems.values()) else 0


def make(study: dict, graph: dict, root: Path, out: Path) -> None:
    """Write the deposit into the empty folder `out`."""
    rules = study["verification"]
    names = listed(root, [rules[key] for key in ("numbers", "page")] + [p for key in RESULTS for p in rules[key]])
    copy(root, names, out)
    text = readme(study, root, sorted(names), graph)
    (out / "README.md").write_text(text, encoding="utf-8")
    about = metadata.citation(root)
    pdf.typeset(text, out / "README.pdf", study["deposit"]["language"], int(str(about["date-released"])[:4]))
    metadata.write(study, root, out, [path for path in held(out) if path not in METADATA])
    write_manifest(out)
