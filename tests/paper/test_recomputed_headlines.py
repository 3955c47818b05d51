"""Headline numbers of the four designs on firms, projects and cities, computed once more from the raw files to the printed digit.

pandas, numpy and statsmodels; nothing is imported from `analysis`. P-values of permutations come from draws of our own, so that they
are compared within what two sets of draws may differ by.
"""

import re

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from statsmodels.duration.hazard_regression import PHReg

from tests.paper.issuers_and_cities import EFFECT, cohorts_of_cities, read_books, value_of
from tests.paper.raw_files import RAW, outside, printed

MONTH = 30.4375
CLOSED, LAST_LIST = pd.Timestamp("2022-01-13"), pd.Timestamp("2026-03-17")
# Draws of the paper's tests.
PRINTED_DRAWS = 999


def plausible(own, draws, said):
    """Return whether two p-values of one test agree within four standard errors of their draws, and rounding."""
    error = np.sqrt(own * (1 - own) * (1 / draws + 1 / PRINTED_DRAWS))
    return abs(own - said) <= 4 * error + 1 / PRINTED_DRAWS


# ---------------------------------------------------------------------- orphan drugs


def last_day(text):
    """Return the last day that a date known to the year, the month or the day may mean."""
    if pd.isna(text):
        return pd.NaT
    return pd.Period(text, {4: "Y", 7: "M", 10: "D"}[len(text)]).end_time.normalize()


def bare(name):
    """Return a printed name in lower case without brackets, punctuation and legal form."""
    legal = [
        "inc",
        "incorporated",
        "ltd",
        "limited",
        "llc",
        "corp",
        "corporation",
        "co",
        "company",
        "gmbh",
        "ag",
        "sa",
        "nv",
        "bv",
        "plc",
        "lp",
        "srl",
        "spa",
        "ab",
        "as",
        "aps",
        "kg",
        "pty",
        "kk",
        "oy",
        "the",
    ]
    words = re.sub(r"[^a-z0-9]+", " ", re.sub(r"\(.*?\)", "", name.lower())).split()
    return " ".join(word for word in words if word not in legal) or " ".join(words)


@pytest.fixture(scope="module")
def projects():
    """Return one row per designation, with its sponsor, first approval, the sponsor's event, and whether it is compared."""
    made = pd.read_csv(RAW / "orphan_drugs/designations.csv", dtype=str)
    first = pd.read_csv(RAW / "orphan_drugs/approvals.csv", dtype=str).groupby("designation_id")["approved"].min()
    company = pd.read_csv(RAW / "orphan_drugs/sponsors.csv").set_index("sponsor")["company"]
    events = pd.read_csv(RAW / "firm_events/ip_financing_events.csv", dtype=str)
    events["day"] = events["event_date"].map(last_day)
    known = events[events["company"].isin(company)]
    dated = known[known["confidence"].isin(["high", "medium"]) & known["day"].notna()]
    made["sponsor"] = [company.get(name, bare(name)) if isinstance(name, str) else None for name in made["sponsor"]]
    made["event"] = made["sponsor"].map(dated.groupby("company")["day"].min())
    made["start"] = pd.to_datetime(made["designated"])
    made["approved"] = pd.to_datetime(made["designation_id"].map(first))
    made["gone"] = pd.to_datetime(made["withdrawn_by"]).where(made["approved"].isna())
    undated = set(known["company"]) - set(dated["company"])
    made["compared"] = (
        ~(made["approved"] <= made["start"])
        & (made["start"] < CLOSED)
        & made["sponsor"].notna()
        & ~made["sponsor"].isin(undated)
        & (made["start"] >= "2000-01-01")
    )
    return made


@pytest.fixture(scope="module")
def compared(projects):
    table = projects[projects["compared"]].copy()
    table["has_event"] = table["event"].notna().astype(float)
    table["after"] = (table["start"] >= table["event"]).astype(float)
    table["months"] = (table["approved"].fillna(LAST_LIST) - table["start"]).dt.days / MONTH
    days = (table["start"] - table["start"].mean().normalize()).dt.days
    table["trend"] = days / (12 * MONTH)
    return table


def test_counts_of_projects(projects, compared):
    event = compared[compared["event"].notna()]
    approved = event[event["approved"].notna()]
    near = ((approved["approved"] - approved["event"]).dt.days.abs() / MONTH <= 12).sum()
    counts = {
        "pr_designations": len(projects),
        "pr_approved": projects["approved"].notna().sum(),
        "pr_withdrawn": projects["gone"].notna().sum(),
        "pr_sample": len(compared),
        "pr_sponsors": compared["sponsor"].nunique(),
        "pr_event_projects": len(event),
        "pr_event_sponsors": event["sponsor"].nunique(),
        "pr_after": int(event["after"].sum()),
        "pr_event_approved": len(approved),
        "pr_near": near,
        "pr_completed_after": int(approved["after"].sum()),
        "pr_completed_before": int((1 - approved["after"]).sum()),
    }
    assert {name: f"{value:,d}" for name, value in counts.items()} == {name: printed(name) for name in counts}


def test_the_comparison_of_completed_cycles(compared):
    done = compared[compared["approved"].notna()].assign(log=lambda t: np.log(t["months"]), square=lambda t: t["trend"] ** 2)
    own = done[done["has_event"] == 1].groupby("after")["log"].mean()
    assert f"{100 * (1 - np.exp(own[1.0] - own[0.0])):.0f} %" == printed("pr_completed")
    design = sm.add_constant(done[["after", "has_event", "trend", "square"]])
    both = sm.OLS(done["log"], design).fit(cov_type="cluster", cov_kwds={"groups": pd.factorize(done["sponsor"])[0]}, use_t=True)
    assert f"{100 * (1 - np.exp(both.params['after'])):.0f} %" == printed("pr_completed_did")


def test_the_hazard_of_approval(compared):
    end = (compared["gone"].fillna(compared["approved"]).fillna(LAST_LIST) - compared["start"]).dt.days / MONTH
    event = ((compared["event"] - compared["start"]).dt.days / MONTH).fillna(np.inf).clip(lower=0)
    before = compared.assign(entry=0.0, stop=np.minimum(event, end), ended=compared["approved"].notna() & (end <= event), exposed=0.0)
    after = compared.assign(entry=event, stop=end, ended=compared["approved"].notna(), exposed=1.0)
    spells = pd.concat([before, after])
    spells = spells[spells["stop"] > spells["entry"]]
    covariates = spells.assign(square=spells["trend"] ** 2)[["exposed", "has_event", "trend", "square"]]
    fitted = PHReg(spells["stop"], covariates, status=spells["ended"].astype(int), entry=spells["entry"], ties="efron").fit()
    assert f"{np.exp(fitted.params[0]):.1f}" == printed("pr_hazard")


# ---------------------------------------------------------------------- accounts of listed biopharma firms


@pytest.fixture(scope="module")
def filings():
    """Return fiscal years with log R&D and possible assets, ticker → first fiscal year of its event, and the issuers of royalty notes."""
    table = pd.read_csv(RAW / "accounts_biopharma/sec_accounts_yearly.csv").sort_values(["ticker", "fiscal_year"])
    firms = pd.read_csv(RAW / "accounts_biopharma/sec_accounts_firms.csv").dropna(subset=["company"])
    events = pd.read_csv(RAW / "firm_events/ip_financing_events.csv", dtype=str).merge(firms[["ticker", "company"]], on="company")
    events["day"] = events["event_date"].map(last_day)
    dated = events[events["confidence"].isin(["high", "medium"]) & events["day"].notna()].sort_values(["day", "event_id"])
    first = dated.drop_duplicates("ticker").set_index("ticker")
    table["end"] = pd.to_datetime(table["period_end"])
    cohort = {}
    for ticker, event in first.iterrows():
        later = table[(table["ticker"] == ticker) & (table["end"] >= event["day"])]
        if len(later):
            cohort[ticker] = int(later["fiscal_year"].min())
    owed = table[["liabilities"]].assign(equity=table["equity"].abs()).max(axis=1)
    table["assets"] = table["assets"].mask(
        (table["assets"] <= 0) | (table["cash"] > table["assets"]) | (owed > 1000**0.5 * table["assets"])
    )
    table["y"] = np.log(table["rd"].where(table["rd"] > 0))
    table["register"] = table["ticker"].isin(events["ticker"]) | table["ticker"].isin(["LGND", "RPRX"])
    notes = first.index[first["instrument"] == "royalty notes"]
    return table, cohort, notes


def risk_sets(filings):
    """Return (year, ticker, third, treated) of firms at risk: assets in the year before within those of the treated, by terciles."""
    table, cohort, _ = filings
    assets = table.dropna(subset=["assets"]).set_index(["ticker", "fiscal_year"])["assets"]
    eligible = {ticker: year for ticker, year in cohort.items() if (ticker, year - 1) in assets.index}
    sizes = [assets[(ticker, year - 1)] for ticker, year in eligible.items()]
    register = set(table.loc[table["register"], "ticker"])
    rows = []
    for year in sorted(set(eligible.values())):
        before = assets.xs(year - 1, level="fiscal_year")
        members = {}
        for ticker, size in before.items():
            if eligible.get(ticker) == year:
                members[ticker] = "treated"
            elif eligible.get(ticker, 0) > year:
                members[ticker] = "waiting"
            elif ticker not in register and min(sizes) <= size <= max(sizes):
                members[ticker] = "control"
        order = before[list(members)].sort_index().sort_values(kind="stable")
        for place, ticker in enumerate(order.index):
            rows.append((year, ticker, 3 * place // len(order), members[ticker]))
    return pd.DataFrame(rows, columns=["year", "ticker", "third", "kind"])


def stacked(table, sets, by, base=-1, window=range(5)):
    """Return the mean over treated firm-years of their change since `base` less that of controls in the same cell."""
    value = table.dropna(subset=["y"]).set_index(["ticker", "fiscal_year"])["y"].to_dict()
    total, weight, firms = 0.0, 0, set()
    for (year, *_), cell in sets[sets["kind"] != "waiting"].groupby(["year", *by]):
        for e in window:
            change = {
                (row.ticker, row.kind): value[(row.ticker, year + e)] - value[(row.ticker, year + base)]
                for row in cell.itertuples()
                if (row.ticker, year + e) in value and (row.ticker, year + base) in value
            }
            ours = [x for (_, kind), x in change.items() if kind == "treated"]
            theirs = [x for (_, kind), x in change.items() if kind == "control"]
            if ours and theirs:
                total += len(ours) * (np.mean(ours) - np.mean(theirs))
                weight += len(ours)
                firms |= {ticker for ticker, kind in change if kind == "treated"}
    return total / weight, len(firms)


def test_counts_of_firms_with_accounts(filings):
    table, _, notes = filings
    sets = risk_sets(filings)
    treated = sets.loc[sets["kind"] == "treated", "ticker"]
    counts = {
        "accounts_firms": table["ticker"].nunique(),
        "accounts_treated": treated.nunique(),
        "accounts_controls": sets.loc[sets["kind"] == "control", "ticker"].nunique(),
        "accounts_n_vehicles": treated.isin(notes).sum(),
    }
    assert {name: str(value) for name, value in counts.items()} == {name: printed(name) for name in counts}


def test_effects_on_rd_of_accounts(filings):
    table, _, notes = filings
    sets = risk_sets(filings)
    main, firms = stacked(table, sets, ["third"])
    assert (f"{main:.2f}", str(firms)) == (printed("accounts_rd"), printed("accounts_rd_n"))
    assert f"{stacked(table, sets, ['third'], base=-2)[0]:.2f}" == printed("accounts_two_before")
    assert f"{stacked(table, sets, ['third'], base=-4, window=range(-3, 0))[0]:.2f}" == printed("accounts_placebo")
    three = sets[(sets["kind"] != "treated") | (sets["ticker"].isin(notes) & (sets["ticker"] != "INVA"))]
    assert f"{stacked(table, three, [])[0]:.2f}" == printed("vehicles_rd")


# ---------------------------------------------------------------------- listed issuers


@pytest.fixture(scope="module")
def issuers():
    return read_books()


def changes(books, issuers, outcome):
    """Return for each issuer the changes since the year before (members, years 0 to 3) of itself, first, and of its controls, and their names."""
    found = []
    for name, deal in issuers.iterrows():
        year = int(deal["event_date"][:4])
        here = books.xs(year - 1, level="fiscal_year")
        members = [name, *(f for f in here.index[here["group"] == deal["industry_group"]] if f not in issuers.index)]
        table = np.array(
            [[value_of(books, issuers, firm, year + e, outcome, deal) for e in (-1, *EFFECT)] for firm in members], dtype=float
        )
        change = table[:, 1:] - table[:, :1]
        there = np.isfinite(change).any(axis=1)
        # An issuer without the base year has no place to permute; nor has a firm without it.
        if np.isfinite(table[0, 0]):
            keep = np.isfinite(table[:, 0])
            found.append((change[keep], [f for f, kept in zip(members, keep, strict=True) if kept], there[keep]))
    return found


def rerandomized(books, issuers, outcome, draws, seed):
    """Return the estimate, its clustered t-ratio, and both of `draws` assignments in which another member of each stack is the issuer."""
    stacks = changes(books, issuers, outcome)
    firms = sorted({firm for _, members, _ in stacks for firm in members})
    sums, pairs, parts = [], [], []
    for change, members, _ in stacks:
        place = [firms.index(firm) for firm in members]
        size = len(members)
        total, count = np.zeros(size), np.zeros(size)
        influence, treated = np.zeros((size, len(firms))), np.zeros((size, len(firms)))
        for e in range(change.shape[1]):
            seen = np.flatnonzero(np.isfinite(change[:, e]))
            for m in seen:
                others = seen[seen != m]
                if not len(others):
                    continue
                mean = change[others, e].mean()
                total[m] += change[m, e] - mean
                count[m] += 1
                influence[m, place[m]] += change[m, e] - mean
                treated[m, place[m]] += 1
                for j in others:
                    influence[m, place[j]] -= (change[j, e] - mean) / len(others)
        sums.append(total)
        pairs.append(count)
        parts.append((influence, treated))
    generator = np.random.default_rng(seed)
    chosen = [np.concatenate([[0], generator.integers(0, len(total), draws)]) for total in sums]
    weight = sum(count[at] for count, at in zip(pairs, chosen, strict=True))
    effect = sum(total[at] for total, at in zip(sums, chosen, strict=True)) / weight
    spread = sum(i[at] - effect[:, None] * t[at] for (i, t), at in zip(parts, chosen, strict=True)) / weight[:, None]
    error = np.sqrt(len(firms) / (len(firms) - 1) * (spread**2).sum(axis=1))
    return effect, effect / error


@pytest.mark.parametrize(
    ("outcome", "name", "digits"),
    [("issuer_interest", "issuer_interest", 2), ("issuer_debt_revenue", "issuer_debt", 0), ("issuer_capex", "issuer_capex", 2)],
)
def test_effects_and_permutations_of_issuers(issuers, outcome, name, digits):
    draws = 9_999
    effect, ratio = rerandomized(*issuers, outcome, draws, seed=1)
    assert f"{effect[0]:.{digits}f}" == printed(name)
    share = {
        "p": (1 + (np.abs(ratio[1:]) >= np.abs(ratio[0]) - 1e-9).sum()) / (1 + draws),
        "beta_p": (1 + (np.abs(effect[1:]) >= np.abs(effect[0]) - 1e-9).sum()) / (1 + draws),
    }
    wanted = {"issuer_interest": ["p"], "issuer_debt": ["p", "beta_p"], "issuer_capex": []}[name]
    for kind in wanted:
        assert plausible(share[kind], draws, float(printed(f"{name}_{kind}"))), (kind, share[kind])


# ---------------------------------------------------------------------- cities


def test_cities_and_their_permutation():
    raw = outside("cities/city_year_gdp_loans.csv").sort_values(["city_code", "year"])
    dates, unconfirmed = cohorts_of_cities()
    raw = raw[~raw["city_code"].isin([370100, 371200])]
    growth = 100 * raw["real_gdp_2000prices"] / raw.groupby("city_code")["real_gdp_2000prices"].shift()
    doubtful = ((growth - raw["gdp_growth_index_prev100"]).abs() > 1) | (raw["interp_gdp"] == 1) | (raw["flag_gdp"] == 1)
    raw = raw.assign(gdp=np.log(raw["real_gdp_2000prices"].mask(doubtful)))
    raw = raw[raw["year"] >= 2012]
    largest = raw[raw["year"] == 2017].set_index("city_code")["gdp"].dropna().rank(ascending=False)
    tenth = np.ceil(10 * largest / len(largest)).clip(upper=3)
    placed = raw["city_code"] // 10000 != 46  # whose province names no city of its issue
    usable = placed & (raw["year"] < raw["city_code"].map(unconfirmed).fillna(9999))
    wide = raw[usable].pivot(index="city_code", columns="year", values="gdp")
    cohort = np.array([dates.get(code, 9999) for code in wide.index])
    stratum = np.where(wide.index.isin(list(unconfirmed)), 9, tenth.reindex(wide.index).fillna(3))
    last = int(wide.columns.max())
    counts = {"city_n": raw.loc[placed, "city_code"].nunique(), "city_treated": int((cohort <= last).sum()), "city_last_year": last}
    assert {name: str(value) for name, value in counts.items()} == {name: printed(name) for name in counts}

    def effect(cohorts):
        cells = []
        for year in np.unique(cohorts[cohorts <= last]):
            for t in range(year, last + 1):
                change = (wide[t] - wide[year - 1]).to_numpy()
                ours, theirs = change[(cohorts == year) & np.isfinite(change)], change[(cohorts > last) & np.isfinite(change)]
                cells.append((len(ours), ours.mean() - theirs.mean() if len(ours) else 0.0))
        weights, effects = np.array(cells).T
        return np.average(effects, weights=weights)

    found = effect(cohort)
    assert f"{found:.3f}" == printed("city_gdp")
    # A city without real GDP takes part in no permutation of it.
    generator, draws = np.random.default_rng(2), 999
    observed = np.isfinite(wide.to_numpy()).any(axis=1)
    permuted = []
    for _ in range(draws):
        drawn = cohort.copy()
        for code in np.unique(stratum):
            members = np.flatnonzero((stratum == code) & observed)
            drawn[members] = generator.permutation(cohort[members])
        permuted.append(effect(drawn))
    own = (1 + (np.abs(permuted) >= abs(found) - 1e-12).sum()) / (1 + draws)
    assert plausible(own, draws, float(printed("city_gdp_beta_p"))), own


# ---------------------------------------------------------------------- the register


def test_counts_of_deals():
    world = pd.read_csv(RAW / "registers/issuances_world.csv")
    china = pd.read_csv(RAW / "registers/issuances_china.csv")
    counts = {
        "n_deals": len(world) + len(china),
        "n_deals_china": len(china),
        "n_securitizations": int((world["securitization"] == "yes").sum()) + len(china),
    }
    assert {name: str(value) for name, value in counts.items()} == {name: printed(name) for name in counts}
