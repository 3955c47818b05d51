"""One HTML file that shows the evidence: scorecard, curves, event studies, exhibits, numbers and their chains.

Everything is inside the file: style, script, pictures and data, the data compressed. It loads nothing, so that it works from
a disk without a network, and it holds no time and no place, so that the same inputs give the same bytes.
"""

from __future__ import annotations

import base64
import gzip
import html
import io
import json
from pathlib import Path

from PIL import Image

from analysis.core.catalogue import ROOT
from analysis.core.claims import DIRECTNESS
from analysis.core.nearest import READINGS
from analysis.core.paths import exhibit_files

HERE = Path(__file__).resolve().parent
# Columns of an estimate that the page shows; the rest is in the files of estimates.
SHOWN = (
    "specification", "outcome", "term", "setting", "parameter", "cohort", "event_time", "estimate", "std_error", "ci_low", "ci_high", "p_value",
    "mde80", "n_obs", "n_units", "n_treated", "n_clusters", "n_treated_clusters", "inference", "draws", "sample", "evidence", "left_out", "incomplete", "reason_code", "reason",
)  # fmt: skip


# Colours that a picture keeps here: enough for the study's palettes with smooth edges, at a third of the bytes.
COLOURS = 32
# Longer data of an exhibit, as of a specification curve, stay in their file.
LONGEST_CSV = 250_000


def assemble(provenance: dict, numbers: dict, title: str, order: dict[str, list[str]], root: Path = ROOT) -> str:
    """Return the page. `provenance` is that of analysis.provenance.graph, `numbers` paper/numbers.json; exhibits lie under `root`.

    `order` has the names of `exhibits` and `curves` in the order in which they are shown.
    """
    data = {
        "code": provenance["code"],
        "nodes": provenance["nodes"],
        "estimates": {name: [row.get(name) for row in provenance["estimates"]] for name in SHOWN},
        "labels": provenance["labels"],
        "curves": {name: _packed(curve) for name, curve in provenance["curves"].items()},
        "exhibits": {
            name: _exhibit(name, provenance["nodes"][f"exhibit:{name}"], about, root) for name, about in numbers["exhibits"].items()
        },
        "order": [name for name in order["exhibits"] if name in numbers["exhibits"]],
        "curve_order": order["curves"],
        "distances": DIRECTNESS,
        "readings": READINGS,
    }
    packed = gzip.compress(json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode(), mtime=0)
    title = f"{title}. {numbers['blind']}" if numbers["blind"] else title
    return rendered(title, base64.b64encode(packed).decode())


def rendered(title: str, data: str) -> str:
    """Return the page with `data` (base64 of compressed JSON) inside."""
    page = (HERE / "page.html").read_text(encoding="utf-8")
    parts = {name: (HERE / f"page.{name}").read_text(encoding="utf-8") for name in ("css", "js")}
    for name, text in {"title": html.escape(title), **parts, "data": data}.items():
        page = page.replace("{{" + name + "}}", text)
    return page


def _packed(curve: dict) -> dict:
    """Return a curve by column; a column of words as its levels and their numbers."""
    columns = {}
    for place, name in enumerate(curve["columns"]):
        values = [row[place] for row in curve["rows"]]
        if isinstance(values[0], str):
            levels = list(dict.fromkeys(values))
            number = {level: at for at, level in enumerate(levels)}
            columns[name] = {"levels": levels, "codes": [number[value] for value in values]}
        else:
            columns[name] = {"values": values}
    return {**{key: value for key, value in curve.items() if key not in ("columns", "rows")}, "columns": columns}


def _exhibit(name: str, node: dict, settings: dict, root: Path) -> dict:
    """Return what the page needs to show one exhibit: title, note, picture or cells, and its data as CSV."""
    found = {"title": settings["title"], "note": settings["note"], "kind": node["exhibit"], "alt": settings.get("alt", settings["title"])}
    files = {form: root / path for form, path in exhibit_files(node["exhibit"], name).items()}
    content = files["csv"].read_text(encoding="utf-8")
    found |= {"csv": content} if len(content) <= LONGEST_CSV else {"file": files["csv"].relative_to(root).as_posix()}
    if node["exhibit"] == "figure":
        found["picture"] = base64.b64encode(_picture(files["png"])).decode()
    else:
        table = json.loads(files["json"].read_text(encoding="utf-8"))
        found["table"] = {key: table[key] for key in ("columns", "rows", "align", "bold", "wide")}
    return found


def _picture(path: Path) -> bytes:
    """Return a picture with few colours as lossless WebP, which takes two thirds of the bytes of a PNG."""
    made = io.BytesIO()
    with Image.open(path) as picture:
        few = picture.convert("RGB").quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        few.convert("RGB").save(made, "WEBP", lossless=True, method=4, quality=90)
    return made.getvalue()
