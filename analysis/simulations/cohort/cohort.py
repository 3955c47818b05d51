"""SIMULATED. The cohort as files in the layout of the templates, and the true effects in it.

Firms are made chunk by chunk, each chunk from its own seed, so that a million firms need the memory of one chunk.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from analysis.core.atomic import atomic
from analysis.core.progress import track
from analysis.simulations.cohort import accounts, projects
from analysis.simulations.cohort.accounts import NEVER, History
from analysis.simulations.cohort.data_errors import add_errors
from analysis.simulations.cohort.firms import cities_of, traits_of
from analysis.simulations.cohort.truth import Truth

TABLES = ("firm_accounts", "financing_events", "projects")


def write(settings: dict, calendar: pd.DataFrame, provinces: pd.DataFrame, folder: str | Path) -> None:
    """Write firm_accounts, financing_events, projects and truth as Parquet into `folder`, each whole or not at all.

    `settings` is the block of config/simulation.yaml. Peak memory depends on `chunk`, not on `firms`.
    """
    folder = Path(folder)
    truth = Truth(settings)
    paths = [folder / f"{name}.parquet" for name in TABLES]
    with atomic(paths[0]) as first, atomic(paths[1]) as second, atomic(paths[2]) as third:
        writers = {name: _Writer(path) for name, path in zip(TABLES, (first, second, third), strict=True)}
        try:
            for tables in chunks(settings, calendar, provinces, truth):
                for name, table in tables.items():
                    writers[name].add(table)
        finally:
            for writer in writers.values():
                writer.close()
    with atomic(folder / "truth.parquet") as path:
        truth.table().to_parquet(path, index=False)


def chunks(settings: dict, calendar: pd.DataFrame, provinces: pd.DataFrame, truth: Truth) -> Iterator[dict[str, pd.DataFrame]]:
    """Yield the three tables of each chunk of firms, and add its true effects to `truth`."""
    scale = settings["presets"][settings["preset"]]
    cities = cities_of(calendar, provinces, settings["cities"], np.random.default_rng([settings["seed"], 0]))
    starts = range(1, settings["firms"] + 1, settings["chunk"])
    for number, first in enumerate(track(starts, len(starts), f"chunks of {settings['chunk']:,} firms"), start=1):
        rng = np.random.default_rng([settings["seed"], number])
        traits = traits_of(first, min(settings["chunk"], settings["firms"] + 1 - first), cities, settings, rng)
        history = accounts.live(traits, cities, settings, scale, rng)
        started = projects.start(history, traits, settings, scale, rng)
        truth.add(history, traits, started)
        clean = {
            "firm_accounts": _accounts(history, traits, cities),
            "financing_events": _events(history, traits, started, rng),
            "projects": _projects(started, traits, settings["years"][0]),
        }
        yield {name: add_errors(name, table, settings["data_errors"], rng) for name, table in clean.items()}


class _Writer:
    """A Parquet file that grows by row groups; its schema is that of the first chunk."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file: pq.ParquetWriter | None = None
        self.schema: pa.Schema | None = None

    def add(self, table: pd.DataFrame) -> None:
        if self.file is None:
            self.schema = pa.Schema.from_pandas(table, preserve_index=False)
            self.file = pq.ParquetWriter(self.path, self.schema, compression="zstd")
        self.file.write_table(pa.Table.from_pandas(table, schema=self.schema, preserve_index=False))

    def close(self) -> None:
        if self.file is not None:
            self.file.close()


def _accounts(history: History, traits: pd.DataFrame, cities: pd.DataFrame) -> pd.DataFrame:
    """Return the firm-years that are observed, in the columns of the template."""
    firm, t = np.nonzero(history.observed)
    fixed = traits.iloc[firm]
    place = cities.iloc[fixed["city"].to_numpy()]
    year = history.years[t]
    table = {
        "firm_id": fixed["firm_id"].to_numpy(),
        "year": year,
        "name": ("Firm " + fixed["firm_id"].str.slice(1)).to_numpy(),
        "country": "China",
        "province": place["province"].to_numpy(),
        "city": place["city"].to_numpy(),
        "industry": np.where(fixed["new_energy"], "New energy", "Other technology"),
        "new_energy": fixed["new_energy"].to_numpy(),
        "state_owned": fixed["state_owned"].to_numpy(),
        "constrained": fixed["constrained"].to_numpy(),
        "founded": fixed["founded"].to_numpy(),
        "currency": "CNY",
        "filed": pd.array([f"{y + 1}-04-{10 + y % 20:02d}" for y in year], dtype="string"),
    }
    return pd.DataFrame(table | {name: values[firm, t] for name, values in history.values.items()})


def _events(history: History, traits: pd.DataFrame, started: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return the issues; the first one carries the month from which projects were exposed."""
    firm, t = np.nonzero(history.issued)
    year = history.years[t]
    month = 12 * (year - history.years[0]) + 12 * rng.random(len(firm))
    exposed = started.drop_duplicates("firm").set_index("firm")["issued"].reindex(firm).to_numpy(dtype=float)
    is_first = year == history.cohort[firm]
    month = np.where(is_first & np.isfinite(exposed), exposed, month)
    ids = traits["firm_id"].to_numpy()[firm]
    return pd.DataFrame(
        {
            "event_id": [f"{i}-{y}" for i, y in zip(ids, year, strict=True)],
            "firm_id": ids,
            "date": _dates(month, history.years[0]),
            "instrument": "IP securitization",
            "amount": np.exp(rng.normal(2.9, 0.6, len(firm))),
            "currency": "CNY",
            "underlying": rng.choice(["patent", "trademark", "copyright"], len(firm), p=[0.8, 0.12, 0.08]),
        }
    )


def _projects(started: pd.DataFrame, traits: pd.DataFrame, first_year: int) -> pd.DataFrame:
    ids = traits["firm_id"].to_numpy()[started["firm"].to_numpy()]
    order = started.groupby("firm").cumcount() + 1
    table = {"project_id": [f"{i}-P{k}" for i, k in zip(ids, order, strict=True)], "firm_id": ids, "ip_class": started["ip_class"]}
    dates = {"filed": "filing_date", "last_unsold": "last_unsold_date", "sold_by": "first_sale_by", "abandoned": "abandoned_date"}
    for column, name in (dates | {"observed_until": "observed_until"}).items():
        table[name] = _dates(started[column].to_numpy(), first_year)
    return pd.DataFrame(table)


def _dates(months: np.ndarray, first_year: int) -> pd.array:
    """Return dates YYYY-MM-DD of months since the start of `first_year`; missing stays missing."""
    start = np.datetime64(f"{first_year}-01-01")
    known = np.isfinite(months)
    days = np.floor(np.where(known, months, 0.0) * projects.DAYS).astype("timedelta64[D]")
    text = np.where(known, np.datetime_as_string(start + days, unit="D"), np.array(None))
    return pd.array(text, dtype="string")


def cohort_of(history: History) -> np.ndarray:
    """Return the year of the first issue, 0 where there is none."""
    return np.where(history.cohort == NEVER, 0, history.cohort)
