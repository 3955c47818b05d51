"""Where raw files and printed numbers lie, for computations that share no line with `analysis/`."""

import json
import os
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[2]
RAW = ROOT / "data" / "raw"


def outside(name):
    """Return a file that is read in place and not shipped; skips where it is not at hand."""
    folder = os.environ.get("IPS_DATA") or (ROOT.parent / "shared/data" if (ROOT.parent / "shared/data").exists() else RAW)
    path = Path(folder) / name
    if not path.exists():
        pytest.skip(f"{name} is not at hand")
    return pd.read_csv(path)


def printed(name):
    """Return a number of the text as it is printed, its minus as a hyphen; skips where the text was made without what it rests on."""
    content = json.loads((ROOT / "paper" / "numbers.json").read_text(encoding="utf-8"))
    if name not in content["numbers"] and content["absent"]:
        pytest.skip(f"the text was made without {', '.join(content['absent'])}")
    return content["numbers"][name].replace("\N{MINUS SIGN}", "-")
