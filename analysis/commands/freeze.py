"""Record the designs as they are today (config/freeze.yaml), or show what changed since the last record.

Freeze after a blind run and before an open one; the paper then says when, and lists every later change. A freeze made after the
estimates were seen says so, unless --unseen is given: it binds data that come later. An earlier freeze stays on record with its
deviations, the reason of each, and why it was replaced (--why). Reasons for deviations are written by hand under `reasons` in the
file, by name or by a pattern of names.
"""

from __future__ import annotations

import argparse
import datetime
import shutil
import subprocess

import yaml

from analysis.core.catalogue import ROOT
from analysis.core.config import CONFIG, load
from analysis.core.errors import DataError
from analysis.core.freeze import PARTS, deviations
from analysis.core.storage import write_text

FILE = CONFIG / "freeze.yaml"
HEADING = "# Made by `python -m analysis freeze`: fingerprints of designs. Only `reasons` is written by hand: the name of a deviation,\n# or a pattern of names (province_honest*), and why.\n"


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--date", help="day of the freeze, as 2026-11-23; without it the deviations are shown and nothing is written")
    parser.add_argument("--unseen", action="store_true", help="no estimate on the data that these designs are for had been seen")
    parser.add_argument("--note", default="", help="a sentence for the record")
    parser.add_argument("--why", default="", help="why the freeze at hand is replaced")


def run(chosen: argparse.Namespace) -> int:
    study = load()
    frozen, now = study["freeze"], study["designs"]
    changed = deviations(frozen, now)
    if not chosen.date:
        print(changed.to_string(index=False) if len(changed) else "No deviation.")
        print(f"\nFrozen on {frozen['date']}; {len(changed)} deviations since.")
        return 0
    day = _day(chosen.date, frozen["date"])
    # The reasons go with the deviations that they are of: a new freeze begins with none.
    replaced = {"date": frozen["date"], "deviations": len(changed), "why": chosen.why, "list": changed.to_dict("records")}
    earlier = [*frozen.get("earlier", []), replaced]
    content = {"date": day, "unseen": chosen.unseen, **_version(), "note": chosen.note, "earlier": earlier, "reasons": {}, **now}
    write_text(HEADING + yaml.safe_dump({"freeze": content}, sort_keys=False, width=10_000, default_flow_style=None), FILE)
    counted = ", ".join(f"{len(now[part])} {part}" for part in PARTS.values())
    print(f"{FILE.relative_to(ROOT)}: {counted}.")
    return 0


def _day(text: str, last: str) -> str:
    """Return the day of a new freeze; raise DataError for what is no day, is before the `last` freeze or has not come yet."""
    try:
        day = datetime.datetime.strptime(text, "%Y-%m-%d").date().isoformat()
    except ValueError as error:
        raise DataError(f"--date {text}: is not a day written as 2026-11-23") from error
    if day < last:
        raise DataError(f"--date {text}: the designs were last frozen on {last}, which is later")
    if day > today():
        raise DataError(f"--date {text}: has not come yet; a freeze is of the designs as they are today, {today()}")
    return day


def _version() -> dict[str, str]:
    """Return the commit of the programs; nothing where there is no version control."""
    if not (ROOT / ".git").exists() or not shutil.which("git"):
        return {}
    told = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    return {"commit": told.stdout.strip()} if told.returncode == 0 else {}


def today() -> str:
    return datetime.date.today().isoformat()
