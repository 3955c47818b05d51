"""The R&D Scoreboard: eleven yearly lists of the world's largest R&D investors as one table of firms and years.

Firms are linked across editions by name, without legal forms, and country. Each edition also prints its own growth of
R&D, which implies last year's figure: where that is far from what last year's edition printed under the same name, the
link is flagged (`link_suspect`), never repaired. Fiscal year 2023 has no edition here and stays a hole.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pandas as pd

from analysis.core.rawfiles import RawFiles
from analysis.sources._scoreboard_layouts import read_edition

REGIONS = {"row": "RoW"}


def clean(scoreboard_workbooks: RawFiles) -> pd.DataFrame:
    """Return one row per firm and fiscal year; money in million euro, employees in persons, ratios as shares."""
    layouts = scoreboard_workbooks.contract["layouts"]
    editions = [_edition(path, edition, layouts) for edition, path in scoreboard_workbooks.paths.items()]
    table = pd.concat(editions, ignore_index=True)
    table["country"] = table["country"].replace(layouts["countries"])
    table["region"] = table["region"].map(lambda text: REGIONS.get(str(text).lower(), text))
    table["industry"] = table["industry"].map(_plain_industry)
    keys = {name: name_key(name, layouts["legal_forms"]) for name in table["company"].unique()}
    table["name_key"] = table["company"].map(keys)
    table["firm_id"] = _firm_ids(table)
    table["rd_to_sales"] = (table["rd"] / table["sales"]).where(table["sales"] > 0)
    table["rd_to_market_cap"] = (table["rd"] / table["market_cap"]).where(table["market_cap"] > 0)
    table["link_gap"], table["link_suspect"] = _link_check(table, layouts["suspect_gap"])
    return _typed(table.drop(columns="rd_intensity_pct"))


def _edition(path: Path, edition: str, layouts: dict) -> pd.DataFrame:
    about = layouts["editions"][edition]
    return read_edition(path, edition, about, layouts["headers"][about["layout"]])


def name_key(name: str, legal_forms: list[str]) -> str:
    """Return a name without accents, punctuation and trailing legal forms, in upper case."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    plain = re.sub(r"[^a-z0-9&/]+", " ", plain.replace(" and ", " & ")).strip()
    form = "|".join(re.escape(ending) for ending in sorted(legal_forms, key=len, reverse=True))
    plain = re.sub(rf"^(the|ab) (?=.)|( ({form}|&))+$", "", plain)
    return re.sub(r"[^A-Z0-9]", "", plain.upper()) or name.upper()


def _plain_industry(text: str) -> str:
    """Return the industry in one spelling: editions differ in capitals and hyphens."""
    text = text.replace("Multi-utilities", "Multiutilities").replace("Defense", "Defence")
    return {"Electronic & Electrical equipment": "Electronic & Electrical Equipment", "0": "Not stated"}.get(text, text)


def _firm_ids(table: pd.DataFrame) -> pd.Series:
    """Return 'KEY|country'; a second firm of that name in one edition keeps its printed name and, last, its rank."""
    identity = table["name_key"] + "|" + table["country"]
    for more in (table["company"], table["rank"].astype(int).astype(str)):
        twice = pd.DataFrame({"i": identity, "e": table["edition"]}).duplicated(keep=False)
        identity = identity.mask(twice, identity + "|" + more)
    return identity


def _link_check(table: pd.DataFrame, suspect_gap: float) -> tuple[pd.Series, pd.Series]:
    """Return implied over printed R&D of the year before, less one, and whether it is beyond `suspect_gap`."""
    before = table[["firm_id", "fiscal_year", "rd"]].assign(fiscal_year=table["fiscal_year"] + 1).rename(columns={"rd": "rd_before"})
    merged = table[["firm_id", "fiscal_year"]].merge(before, how="left", on=["firm_id", "fiscal_year"])
    implied = table["rd"].to_numpy() / (1 + table["rd_growth_pct"].to_numpy() / 100)
    gap = (
        pd.Series(implied / merged["rd_before"].to_numpy() - 1, index=table.index)
        .replace([float("inf"), -float("inf")], pd.NA)
        .astype(float)
    )
    return gap, gap.abs() > suspect_gap


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    table = table.astype({"edition": "Int64", "fiscal_year": "Int64", "rank": "Int64"})
    texts = ["firm_id", "company", "name_key", "country", "region", "industry"]
    return table.astype(dict.fromkeys(texts, "string"))
