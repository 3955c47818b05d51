"""SIMULATED. Years of firms: who issues, and what their accounts then show, with both potential outcomes at hand."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

NEVER = 9999


@dataclass
class History:
    """Arrays of n firms by T years. `effect[name]` is what the first issue adds to an outcome (log or level)."""

    years: np.ndarray
    observed: np.ndarray
    cohort: np.ndarray
    issued: np.ndarray
    effect: dict[str, np.ndarray] = field(default_factory=dict)
    values: dict[str, np.ndarray] = field(default_factory=dict)
    untreated: dict[str, np.ndarray] = field(default_factory=dict)
    gain: dict[str, np.ndarray] = field(default_factory=dict)  # outcomes in levels, with the issue less without it

    def moved(self, name: str, base: np.ndarray, low: float, high: float) -> np.ndarray:
        """Return `base` (n, T) with the effect on `name`, both kept inside [low, high], and remember what was gained."""
        with_effect, without = (base + self.effect[name]).clip(low, high), base.clip(low, high)
        self.gain[name] = with_effect - without
        return with_effect

    @property
    def treated(self) -> np.ndarray:
        """Firm-years observed in or after the year of the first issue."""
        return self.observed & (self.years >= self.cohort[:, None])


def live(traits: pd.DataFrame, cities: pd.DataFrame, settings: dict, scale: float, rng: np.random.Generator) -> History:
    """Return the history of the firms in `traits` with every effect times `scale`."""
    years = np.arange(settings["years"][0], settings["years"][1] + 1)
    observed = (years >= traits["enters"].to_numpy()[:, None]) & (years <= traits["leaves"].to_numpy()[:, None])
    shocks = _shocks(traits, len(cities), len(years), settings, rng)
    history = History(years, observed, np.full(len(traits), NEVER), np.zeros((len(traits), len(years)), dtype=bool))
    for name in settings["effects"]:
        history.effect[name] = np.zeros((len(traits), len(years)))
    pool = _Pool(traits, settings, rng, len(years))
    opens = cities["opens"].to_numpy()[traits["city"].to_numpy()]
    for t, year in enumerate(years):
        _issue(history, t, year, opens, traits, pool, settings, scale, rng)
        _respond(history, t, year, traits, settings, scale)
        pool.grow(t, shocks["rd"][:, t] + history.effect["rd"][:, t], rng)
    _account(history, traits, shocks, pool, settings, rng)
    return history


def _shocks(traits: pd.DataFrame, n_cities: int, n_years: int, settings: dict, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Return what moves R&D and assets besides effects: persistent shocks, shocks of cities, trends of the selection index."""
    n, rd, firm = len(traits), settings["rd"], settings["firm"]
    trends, index = settings["selection"]["trends"], traits["selection"].to_numpy()[:, None]
    since = np.arange(n_years)
    city = rng.normal(size=(n_cities, n_years))[traits["city"].to_numpy()] * firm["city_shock"]
    innovations = rng.normal(size=(n, n_years)) * rd["within"]
    persistent = np.empty((n, n_years))
    persistent[:, 0] = innovations[:, 0]
    for t in range(1, n_years):
        persistent[:, t] = rd["persistence"] * persistent[:, t - 1] + np.sqrt(1 - rd["persistence"] ** 2) * innovations[:, t]
    growth = firm["asset_growth"][0] + firm["asset_growth"][1] * rng.normal(size=(n, n_years))
    growth[:, 0] = 0.0
    return {
        "rd": persistent + city + trends["log_rd"] * index * since + rd["drift"] * since,
        "assets": np.cumsum(growth, axis=1),
        "sales": city + trends["log_sales"] * index * since + firm["turnover_noise"] * rng.normal(size=(n, n_years)),
    }


class _Pool:
    """Patents in force: they follow last year's R&D and depreciate; a full pool makes a further issue likelier."""

    def __init__(self, traits: pd.DataFrame, settings: dict, rng: np.random.Generator, n_years: int) -> None:
        about = settings["innovation"]
        self.level = about["log_patents"][0] + about["log_patents"][1] * rng.normal(size=len(traits))
        self.elasticity, self.depreciation, self.sd = about["rd_elasticity"], about["depreciation"], about["log_patents"][1]
        self.patents = np.zeros((len(traits), n_years))
        self.stock = np.zeros((len(traits), n_years))
        self.last_rd = np.zeros(len(traits))
        self.now = np.exp(self.level) / self.depreciation

    def grow(self, t: int, rd: np.ndarray, rng: np.random.Generator) -> None:
        self.patents[:, t] = rng.poisson(np.exp(self.level + self.elasticity * self.last_rd))
        self.now = (1 - self.depreciation) * self.now + self.patents[:, t]
        self.stock[:, t], self.last_rd = self.now, rd

    def index(self) -> np.ndarray:
        """Return the log pool in s.d. of its level across firms."""
        return (np.log(self.now) - np.log(1 / self.depreciation) - 1.0) / self.sd


def _issue(
    history: History,
    t: int,
    year: int,
    opens: np.ndarray,
    traits: pd.DataFrame,
    pool: _Pool,
    settings: dict,
    scale: float,
    rng: np.random.Generator,
) -> None:
    selection = settings["selection"]
    able = history.observed[:, t] & (opens <= year)
    first = able & (history.cohort == NEVER) & (traits["enters"].to_numpy() < year)
    chance = selection["hazard"] * np.exp(traits["selection"].to_numpy())
    begins = first & (rng.random(len(traits)) < chance)
    again = able & (history.cohort < year)
    ratio = np.exp(settings["effects"]["reissue"]["size"] * scale * pool.index())
    # A continuous hazard: a chance can never exceed one.
    repeats = again & (rng.random(len(traits)) < -np.expm1(-selection["repeat_hazard"] * ratio))
    history.cohort[begins] = year
    history.issued[:, t] = begins | repeats


def _respond(history: History, t: int, year: int, traits: pd.DataFrame, settings: dict, scale: float) -> None:
    since = year - history.cohort
    profile = np.array(settings["profile"])
    path = np.where(since >= 0, profile[np.clip(since, 0, len(profile) - 1)], 0.0) * traits["multiplier"].to_numpy()
    for name, about in settings["effects"].items():
        history.effect[name][:, t] = scale * about["size"] * path


def _account(history: History, traits: pd.DataFrame, shocks: dict, pool: _Pool, settings: dict, rng: np.random.Generator) -> None:
    """Fill `values` with the accounts and `untreated` with their means had the firm never issued (where they differ)."""
    n, shape = len(traits), history.observed.shape
    size, effect, v = traits["size"].to_numpy()[:, None], history.effect, history.values
    fin, rd, firm = settings["finance"], settings["rd"], settings["firm"]
    log_assets = traits["log_assets"].to_numpy()[:, None] + shocks["assets"]
    v["assets"] = np.exp(log_assets)
    turnover = firm["log_turnover"][0] + firm["log_turnover"][1] * rng.normal(size=(n, 1))
    base_sales = np.exp(log_assets + turnover + shocks["sales"])
    v["sales"] = base_sales * np.exp(effect["sales"])
    lever = fin["leverage"][0] + fin["leverage_size"] * size + fin["leverage"][1] * rng.normal(size=(n, 1)) + 0.06 * rng.normal(size=shape)
    lever = lever.clip(0.04, 0.95)
    v["liabilities"] = (lever + effect["debt_to_assets"]).clip(0.01, 0.99) * v["assets"]
    v["debt"] = history.moved("debt_to_assets", 0.6 * lever, 0.005, 0.95) * v["assets"]
    level = rd["log_intensity"][0] + rd["log_intensity"][1] * rng.normal(size=(n, 1))
    level = level + rd["size"] * size + rd["leverage"] * (lever.mean(axis=1, keepdims=True) - fin["leverage"][0]) / fin["leverage"][1]
    spends = (rng.random((n, 1)) > rd["never"]) & (rng.random(shape) > rd["zero"])
    base_rd = np.exp(level + shocks["rd"] + log_assets + turnover) * spends
    v["rd"] = base_rd * np.exp(effect["rd"])
    history.untreated |= {"sales": base_sales, "rd": base_rd}
    _finance(history, traits, lever, settings, rng)
    _green(history, traits, settings, rng)
    _income(history, traits, shocks, settings, rng)
    v["patents"], v["ip_pool"] = pool.patents, pool.stock
    launches = settings["innovation"]["log_launches"]
    mean = np.exp(launches[0] + launches[1] * rng.normal(size=(n, 1)) + np.zeros(shape))
    v["launches"] = rng.poisson(mean * np.exp(effect["launches"])).astype(float)
    history.untreated["launches"] = mean


def _finance(history: History, traits: pd.DataFrame, lever: np.ndarray, settings: dict, rng: np.random.Generator) -> None:
    n, shape, effect, v = len(traits), history.observed.shape, history.effect, history.values
    fin = settings["finance"]
    spread = fin["cost_of_debt"][1]
    cost = fin["cost_of_debt"][0] * np.exp(spread * rng.normal(size=(n, 1)) + 0.15 * rng.normal(size=shape) - spread**2 / 2)
    cost = cost + 0.002 * (traits["constrained"].to_numpy()[:, None] - 0.45)
    v["interest"] = history.moved("cost_of_debt", cost, 0.0, 0.2) * v["debt"]
    bank = (0.62 + 0.12 * rng.normal(size=(n, 1)) + 0.05 * rng.normal(size=shape)).clip(0.15, 0.95)
    v["bank_loans"] = history.moved("bank_loan_share", bank, 0.02, 0.99) * v["debt"]
    direct = (0.14 + 0.06 * rng.normal(size=(n, 1)) + 0.03 * rng.normal(size=shape)).clip(0.07, 0.5)
    v["direct_finance"] = history.moved("direct_finance_share", direct, 0.0, 0.9) * v["debt"]
    tangible = (fin["tangibility"][0] + fin["tangibility"][1] * rng.normal(size=(n, 1)) + 0.02 * rng.normal(size=shape)).clip(0.02, 0.8)
    share = (0.22 + 0.1 * rng.normal(size=(n, 1)) + 0.03 * rng.normal(size=shape)).clip(0.05, 0.8)
    share = history.moved("intangible_share", share, 0.01, 0.95)
    v["fixed_assets"] = tangible * v["assets"]
    v["intangible_assets"] = v["fixed_assets"] * share / (1 - share)
    roa = (
        fin["roa"][0] - 0.1 * (lever - fin["leverage"][0]) + fin["roa"][1] * (0.5 * rng.normal(size=(n, 1)) + 0.8 * rng.normal(size=shape))
    )
    v["profit"] = roa * v["assets"]
    v["cash"] = (fin["cash"][0] + fin["cash"][1] * rng.normal(size=(n, 1))).clip(0.01, 0.8) * np.ones(shape) * v["assets"]
    size = traits["size"].to_numpy()[:, None]
    log_q = fin["q"][0] - 0.3 * fin["q"][1] * size + fin["q"][1] * (0.8 * rng.normal(size=(n, 1)) + 0.5 * rng.normal(size=shape))
    v["market_value"] = np.exp(log_q + effect["market_value"]) * v["assets"]
    score = 60 + 8 * rng.normal(size=(n, 1)) + 4 * rng.normal(size=shape)
    v["disclosure_score"] = history.moved("disclosure_score", score, 0.0, 100.0)


def _green(history: History, traits: pd.DataFrame, settings: dict, rng: np.random.Generator) -> None:
    """Investment in carbon reduction: some firms never invest, others not every year; effects act on both margins."""
    n, shape, about, tau = len(traits), history.observed.shape, settings["green"], history.effect["green_investment"]
    chance = np.where(traits["new_energy"], about["investor_new_energy"], about["investor_other"])
    investor = (rng.random(n) < chance)[:, None]
    level = np.exp(about["log_level"][0] + about["log_level"][1] * rng.normal(size=(n, 1)))
    mean = investor * level * np.exp(about["size"] * traits["log_assets"].to_numpy()[:, None] + 0.04 * np.arange(shape[1]))
    yearly = np.minimum(about["yearly"] * np.exp(about["extensive"] * tau), 1.0)
    # Where the chance is capped, the amount takes the rest, so that the mean moves by exactly exp(effect).
    amount = mean * about["yearly"] * np.exp(tau) / yearly
    invests = rng.random(shape) < yearly
    history.values["green_investment"] = invests * amount / about["yearly"] * rng.gamma(about["shape"], 1 / about["shape"], shape)
    history.untreated["green_investment"] = mean


def _income(history: History, traits: pd.DataFrame, shocks: dict, settings: dict, rng: np.random.Generator) -> None:
    """Licence income: zero for many, and an elasticity to last year's R&D: the second link of the claimed cycle."""
    n, shape, about = len(traits), history.observed.shape, settings["licence"]
    licensor = (rng.random(n) < about["licensor"])[:, None]
    level = np.exp(about["log_level"][0] + about["log_level"][1] * rng.normal(size=(n, 1)))
    level = level * np.exp(about["size"] * traits["log_assets"].to_numpy()[:, None])
    own = np.c_[np.zeros(n), (shocks["rd"] + shocks["assets"])[:, :-1]]
    added = np.c_[np.zeros(n), history.effect["rd"][:, :-1]]
    mean = licensor * level * np.exp(about["rd_elasticity"] * own)
    raised = mean * np.exp(about["rd_elasticity"] * added + history.effect["licence_income"])
    draw = rng.gamma(about["shape"], 1 / about["shape"], shape) * (rng.random(shape) < 0.85) / 0.85
    history.values["licence_income"] = raised * draw
    history.untreated["licence_income"] = mean
    history.effect["licence_total"] = np.log(np.where(licensor, raised, 1.0) / np.where(licensor, mean, 1.0))
