"""Contracts + built tables → the codebook: every column of every table, with what it holds."""

from __future__ import annotations

import pandas as pd

from analysis.core.paths import PROCESSED
from analysis.core.storage import is_absent, read_table, write_text

HEADER = "| column | type | unit | meaning | missing | values |\n|---|---|---|---|---|---|"
SHOWN = 6  # values of a text column that are named


def codebook(tables: dict[str, str], contracts: dict[str, dict], path: str) -> None:
    """Write the codebook of the tables of `contracts`, in their order, as Markdown; `tables` (name → Parquet file) are those that are built.

    What is not built is simulated: it serves the validation of methods alone.
    """
    parts = [
        "# Codebook",
        f"Made from the contracts in `config/tables/` and the tables as built; every table is a Parquet file under `{PROCESSED}/`."
        " Numbers are minimum, median and maximum. Blank is unknown, never zero.",
        *(
            section(name, contract, read_table(tables[name]), tables[name]) if name in tables else described(name, contract)
            for name, contract in contracts.items()
        ),
    ]
    write_text("\n\n".join(parts) + "\n", path)


def section(name: str, contract: dict, table: pd.DataFrame, file: str) -> str:
    """Return the part on one table."""
    mark = " (SIMULATED)" if table.attrs["evidence"] == "simulated" else ""
    about = [f"## {name}: {contract['title']}{mark}", contract.get("description", "")]
    about.append(f"`{file}`; {len(table):,} rows; one row per {' and '.join(contract['key'])}.")
    if is_absent(table):
        about.append(f"Empty in this run. {is_absent(table)}")
    lines = [_line(column, rule, table[column], not len(table)) for column, rule in contract["columns"].items()]
    return "\n\n".join([*filter(None, about), "\n".join([HEADER, *lines])])


def described(name: str, contract: dict) -> str:
    """Return the part on a table that this run did not build."""
    about = [f"## {name}: {contract['title']} (SIMULATED)", contract.get("description", "")]
    about.append(
        f"One row per {' and '.join(contract['key'])}. Simulated firms, which `make validate` builds; files of real ones take their place."
    )
    lines = [_line(column, rule, pd.Series(dtype="object"), True) for column, rule in contract["columns"].items()]
    return "\n\n".join([*filter(None, about), "\n".join([HEADER, *lines])])


def _line(column: str, rule: dict, values: pd.Series, empty: bool) -> str:
    meaning = rule.get("description", "")
    if rule.get("required"):
        meaning += " (always there)"
    missing = "" if empty else f"{values.isna().mean():.0%}"
    return f"| `{column}` | {rule['type']} | {_cell(rule.get('unit', ''))} | {_cell(meaning)} | {missing} | {_cell(_values(rule, values.dropna()))} |"


def _values(rule: dict, values: pd.Series) -> str:
    if not len(values):
        return "; ".join(map(str, rule.get("allowed", [])))
    if rule["type"] == "boolean":
        return f"true {values.astype(bool).mean():.0%}"
    if rule["type"] in ("number", "integer"):
        low, middle, high = (float(values.astype(float).quantile(q)) for q in (0.0, 0.5, 1.0))
        return f"{low:.5g}, {middle:.5g}, {high:.5g}"
    counts = values.astype(str).value_counts()
    if len(counts) > 4 * SHOWN:
        return f"{len(counts):,} different"
    named = sorted(counts.index, key=lambda value: (-counts[value], value))[:SHOWN]
    return "; ".join(named) + (f" and {len(counts) - SHOWN} more" if len(counts) > SHOWN else "")


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
