"""The data of the study as the README lists them: every source with its rights, every file with whether it is provided."""

from __future__ import annotations

import re
from pathlib import Path

PARAGRAPH = re.compile(r"\n\s*\n")


def sources(study: dict, root: Path, held: set[str]) -> list[dict]:
    """Return one entry per source of config/sources that is a file: name, title, rights, defects, files, card, provided.

    `held` are the paths of the deposit. Sources that the pipeline makes itself (the simulated cohort) are not data of the study.
    """
    found = []
    for name, contract in study["raw"].items():
        if "folder" in contract:
            continue
        outside = bool(contract.get("external"))
        files = list(contract["files"].values()) if "files" in contract else [contract["file"]]
        card = _card(Path("data/raw") / files[0] if outside else Path(files[0]))
        found.append(
            {
                "name": name,
                **{key: contract.get(key, "") for key in ("title", "citation", "licence", "accessed", "obtain")},
                "defects": contract.get("defects", []),
                "external": outside,
                "files": [{"path": f"IPS_DATA/{path}" if outside else path, "provided": path in held} for path in files],
                "card": card if (root / card).exists() else "",
            }
        )
    return found


def _card(path: Path) -> str:
    return (path.parent / "README.md").as_posix()


def cards(root: Path, sources: list[dict]) -> list[dict]:
    """Return one entry per folder of raw data, in order of its sources: card, title, what it says first, its sources."""
    grouped: dict[str, list[dict]] = {}
    for source in sources:
        grouped.setdefault(source["card"], []).append(source)
    entries = []
    for card, members in grouped.items():
        parts = PARAGRAPH.split((root / card).read_text(encoding="utf-8")) if card else ["# Sources without a card", ""]
        about = " ".join(parts[1].split())
        entries.append({"card": card, "title": parts[0].removeprefix("# ").strip(), "about": about, "sources": members})
    return entries


def files(study: dict, found: list[dict], graph: dict) -> list[dict]:
    """Return one row per data file: path, source, notes, provided, sha256 (where the run read it); validation data included."""
    hashes = {file["path"]: file["sha256"] for node in graph["nodes"].values() if node["kind"] == "raw" for file in node.get("files", [])}
    rows = [
        {"path": file["path"], "source": source["citation"], "notes": source["title"], "provided": file["provided"]}
        for source in found
        for file in source["files"]
    ]
    validation = study["deposit"]["validation"]
    rows += [
        {"path": f"IPS_DATA/{validation['folder']}/{name}", "source": origin, "notes": validation["notes"], "provided": False}
        for name, origin in validation["files"].items()
    ]
    return [row | {"sha256": hashes.get(row["path"], "")} for row in rows]
