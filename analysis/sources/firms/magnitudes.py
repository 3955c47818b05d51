"""Figures that seem to be in another unit than million: too large for any firm, for its other figures or for last year."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.sources.firms.findings import Notebook
from analysis.sources.firms.grid import EMPLOYEES, ROW
from analysis.sources.firms.policies import DROP, REFUSE, Policies

# Million units of the currency that the assets of no firm exceed: the largest banks have some 50 million million yuan.
LARGEST = 1e8
# Million units that the median assets of a file of firms do not exceed.
MEDIAN = 2e6
# Money of the currencies whose unit is worth little.
SMALL_UNITS = {"JPY": 100, "KRW": 1_000, "IDR": 10_000, "VND": 10_000, "IRR": 10_000, "HUF": 100, "CLP": 500, "COP": 1_000}
# Times the bounds of a field beside assets (`of_assets` of its contract) that are far: another unit beyond doubt.
FAR = 10
# Median growth of a field beside assets within a year that is a change of its unit, and what all but few firms then have at least.
ALL_GROW, NEARLY_ALL = 5, 0.9
# The same in a file of few firms, where one of them may just have begun to sell.
ALONE_GROWS = 100
# Million units of assets an employee that the median firm of no file has: a bank has some tens.
PER_EMPLOYEE = 1_000
# The same of sales, beyond which it is asked: a house of commodity traders has as much, several firms in the median have not.
SALES_PER_EMPLOYEE = 100
# Growth of assets within a year that is a change of units rather than of the firm.
JUMP = 500
FEWEST = 3
# What a contract says of zeros: they are known, or firms have them in single years.
KNOWN, IN_YEARS = "known", "years"
# Median growth of the firms of a file between two years in a row that is a change of units.
SHIFT = 30
# Factors between units of money, and how far growth may be from one of them to be a change of units in a file of few firms.
UNITS = (1e2, 1e3, 1e4, 1e5, 1e6)
APART = 2.0


def weighed(rows: pd.DataFrame, rules: dict, book: Notebook, policies: Policies) -> pd.DataFrame:
    """Return the rows of one source without those whose money seems to be in another unit, as the policy says; each is reported."""
    if "assets" not in rows and "sales" not in rows:
        return rows
    size = rows["assets"] if "assets" in rows else rows["sales"]
    worth = rows["currency"].map(SMALL_UNITS).fillna(1).astype(float) if "currency" in rows else 1.0
    money = [name for name, rule in rules.items() if rule.get("unit") == "million" and name in rows]
    few = rows["firm_id"].nunique() < FEWEST
    _note_jumps(rows, size, book, SHIFT if few else JUMP)
    _note_zeros(rows, {name: rules[name] for name in money if "above" not in rules[name] and rules[name].get("zeros") != KNOWN}, book)
    if rule := _shifted(rows, size, book) or (_shifted_together(rows, money, str(size.name), book) if few else ""):
        return _treated(rows, size.notna(), rule, size, book, policies, together=True)
    huge = (size > LARGEST * worth).fillna(False)
    if size.notna().any() and (size / worth).median() > MEDIAN:
        rule = f"the median is {size.median():,.0f} million: the figures seem to be in units, not in million"
        return _treated(rows, size.notna(), rule, size, book, policies, together=True)
    if EMPLOYEES in rows and size.name == "assets":
        each = (size / worth / rows[EMPLOYEES].where(rows[EMPLOYEES] > 0)).dropna()
        if len(each) and each.median() > PER_EMPLOYEE:
            rule = f"the median is {each.median():,.0f} million an employee: the figures seem to be in another unit than million"
            return _treated(rows, size.notna(), rule, size, book, policies, together=True)
    if EMPLOYEES in rows and "sales" in rows:
        each = (rows["sales"] / worth / rows[EMPLOYEES].where(rows[EMPLOYEES] > 0)).dropna()
        if each.size and rows.loc[each.index, "firm_id"].nunique() >= FEWEST and each.median() > SALES_PER_EMPLOYEE:
            book.note("doubtful", f"the median is {each.median():,.0f} million an employee: in another unit than million?", column="sales")
    if huge.any():
        rows = _treated(rows, huge, "more than any firm has: the figure seems to be in units, not in million", size, book, policies)
    for name in (one for one in money if one != size.name):
        rows = _weighed_beside(rows, name, rules[name].get("of_assets", {}), str(size.name), book, policies)
    return rows


def _weighed_beside(rows: pd.DataFrame, name: str, bounds: dict[str, float], size: str, book: Notebook, policies: Policies) -> pd.DataFrame:
    """Return the rows without those whose field `name` is in another unit than their `size`: throughout, in a year, or from a year on."""
    ratio = (rows[name].abs() / rows[size].where(rows[size] > 0)).where(rows[name] != 0).dropna()
    if ratio.empty:
        return rows
    year = rows.loc[ratio.index, "year"]
    if size == "assets":
        if len(ratio) >= FEWEST and ratio.median() < bounds.get("least", 0.0):
            book.note("doubtful", f"{ratio.median():.2g} times assets in the median: two units of money?", column=name, count=len(ratio))
        limit = bounds.get("most", np.inf)
        of_years = ratio.groupby(year).median()
        if of_years.max() > limit:
            worst, many = of_years.idxmax(), len(of_years)
            said = f"{of_years[worst]:,.3g} times assets in the median of {worst} (above {limit:g} in {int((of_years > limit).sum())} of {many} years)"
            if of_years.max() > FAR * limit and year.eq(worst).sum() >= FEWEST:
                rule = f"{said}: two units of money; write '{name}' in the unit of assets"
                return _treated(rows, rows[name].notna(), rule, rows[name], book, policies, together=True)
            book.note("doubtful", f"{said}: two units of money?", column=name, count=int((of_years > limit).sum()))
            return rows
        if (far := ratio[ratio > FAR * limit]).size:
            at = far.index[0]
            rule = f"more than {FAR * limit:g} times the assets of the same firm and year: another unit?"
            book.note(
                "doubtful", rule, column=name, value=f"{rows.loc[at, 'firm_id']}, {year[at]}, {rows.loc[at, name]:,g}", count=far.size
            )
    rule, sure = _shifted_beside(rows["firm_id"], year, ratio, size)
    if sure:
        return _treated(rows, rows[name].notna(), rule, rows[name], book, policies, together=True)
    if rule:
        book.note("doubtful", f"{rule}?", column=name)
    return rows


def _shifted_beside(firms: pd.Series, years: pd.Series, ratio: pd.Series, size: str) -> tuple[str, bool]:
    """Return what is wrong where a field grows beside `size` by a factor between units in nearly all firms at once, and whether that is sure."""
    table = pd.DataFrame({"firm": firms[ratio.index], "year": years.astype("float64"), "ratio": np.log10(ratio)})
    table = table.sort_values(["firm", "year"], kind="stable")
    step = table["ratio"].diff().where(table["firm"].eq(table["firm"].shift()) & table["year"].diff().eq(1)).dropna()
    for year, own in step.groupby(table["year"]):
        middle = own.median()
        together = (np.sign(middle) * own > np.log10(ALL_GROW)).mean() >= NEARLY_ALL
        if together and abs(middle) > np.log10(SHIFT if len(own) >= FEWEST else ALONE_GROWS):
            said = f"in {year:.0f} {10**middle:,.3g} times what it was a year before, measured by {size}, in nearly every firm: a change of unit"
            return said, len(own) >= FEWEST
    return "", False


def _shifted(rows: pd.DataFrame, size: pd.Series, book: Notebook) -> str:
    """Return what is wrong where most firms grow by a factor between units in the same year, else ''; less, in nearly every firm, is asked about."""
    table = pd.DataFrame({"firm": rows["firm_id"], "year": rows["year"].astype("float64"), "size": size.where(size > 0)}).dropna()
    table = table.sort_values(["firm", "year"], kind="stable")
    firm, year, value = (table[name].to_numpy() for name in ("firm", "year", "size"))
    follows = (firm[1:] == firm[:-1]) & (year[1:] - year[:-1] == 1)
    each = pd.Series(value[1:][follows] / value[:-1][follows]).groupby(year[1:][follows])
    growth = each.agg(["median", "size"])
    growth = growth[growth["size"] >= FEWEST]
    odd = growth.index[(growth["median"] > SHIFT) | (growth["median"] < 1 / SHIFT)]
    if not len(odd):
        least, most = each.quantile(1 - NEARLY_ALL)[growth.index], each.quantile(NEARLY_ALL)[growth.index]
        for one in growth.index[(least > ALL_GROW) | (most < 1 / ALL_GROW)]:
            rule = f"in {one:.0f} nearly every firm has far from what it had a year before, {growth.loc[one, 'median']:,.3g} times in the median: a change of unit?"
            book.note("doubtful", rule, column=str(size.name), count=int(growth.loc[one, "size"]))
        return ""
    return f"in {odd[0]:.0f} the median firm has {growth.loc[odd[0], 'median']:,.3g} times what it had a year before: a change of unit"


def _shifted_together(rows: pd.DataFrame, money: list[str], size: str, book: Notebook) -> str:
    """Return what is wrong where every figure of every firm grows by about the same factor between units within a year, else ''.

    Of a firm that does so while another does not it is asked.
    """
    table = rows.sort_values(["firm_id", "year"], kind="stable")
    of, amounts = table["firm_id"], table[money].where(table[money] > 0)
    growth = np.log10(amounts / amounts.groupby(of).shift())
    exact, seen = np.log10(UNITS), growth.notna().sum(axis=1)
    for position in growth.index[(seen >= 2) & (growth.abs().min(axis=1) > np.log10(SHIFT))]:
        own = growth.loc[position].dropna()
        nearest = exact[np.abs(exact - own.abs().median()).argmin()]
        if not (((own > 0).all() or (own < 0).all()) and ((own.abs() - nearest).abs() < np.log10(APART)).all()):
            continue
        firm, year = table.loc[position, "firm_id"], table.loc[position, "year"]
        said = f"in {year} every figure of {firm} has about {10 ** (nearest * np.sign(own.iloc[0])):,.6g} times what it had before: a change of unit"
        others = growth[table["year"].eq(year) & of.ne(firm) & (seen >= 1)].abs().median(axis=1)
        if (others > np.log10(SHIFT)).all():
            return said
        book.place(
            "doubtful", f"{said}? The other firm's figures of that year go on as before", [position], rows[ROW], "year", rows["year"]
        )
    return ""


def _note_zeros(rows: pd.DataFrame, money: dict[str, dict], book: Notebook) -> None:
    """Ask about zeros that may be blanks: a column of nothing else, a year in which no firm has any, and zeros amid a firm's figures."""
    order = rows.sort_values(["firm_id", "year"], kind="stable") if money else rows
    few = order["firm_id"].nunique() < FEWEST if money else True
    for name, rule_of in money.items():
        values, firm, in_years = order[name], order["firm_id"], rule_of.get("zeros") == IN_YEARS
        zero = values.eq(0)
        known = int(values.notna().sum())
        if not zero.any():
            continue
        if zero.sum() == known:
            if known > 1 and name != "direct_finance" and not (few and in_years):
                rule = (
                    f"'{name}' is exactly 0 in every row: zeros for blanks? A blank is unknown, a zero is none: leave unknown cells blank"
                )
                book.note("doubtful", rule, column=name, count=known)
            continue
        empty = _years_of_zeros(zero.where(values.notna()), order["year"])
        if empty:
            rule = f"'{name}' is exactly 0 for every firm of a year and not in others: zeros for blanks? A blank is unknown: leave such cells blank"
            book.note("doubtful", rule, column=name, value=", ".join(map(str, empty)), count=int(order["year"].isin(empty).sum()))
        odd = _amid(values, firm, name) & ~order["year"].isin(empty) if not in_years else zero & False
        if odd.any():
            at = odd[odd].index[0]
            rule = f"'{name}' is exactly 0 where the firm has figures in other years: zeros for blanks? A blank is unknown: leave such cells blank"
            book.note("doubtful", rule, column=name, value=f"{rows.loc[at, 'firm_id']}, {rows.loc[at, 'year']}", count=int(odd.sum()))


def _years_of_zeros(zero: pd.Series, years: pd.Series) -> list:
    """Return the years in which every one of several firms has 0, where few firms have it in the other years; missing cells count nowhere."""
    known = zero.dropna().astype(bool)
    of_years = known.groupby(years[known.index]).agg(["mean", "size"])
    empty = of_years.index[of_years["mean"].eq(1) & of_years["size"].ge(FEWEST)]
    rest = known[~years[known.index].isin(empty)]
    return list(empty) if len(rest) and rest.mean() < 0.5 else []


def _amid(values: pd.Series, firm: pd.Series, name: str) -> pd.Series:
    """Return the zeros between figures of the same firm, and those of firms that have figures in fewer years than zeros.

    A firm may sell nothing in its first years; `values` are in the order of firms and years.
    """
    zero, some = values.eq(0), values.gt(0)
    before = some.groupby(firm).cummax()
    after = some[::-1].groupby(firm[::-1]).cummax()[::-1]
    most = before | after if name != "sales" else before
    return zero & ((before & after) | (most & (zero.groupby(firm).transform("mean") >= 0.5)))


def _treated(
    rows: pd.DataFrame, mask: pd.Series, rule: str, values: pd.Series, book: Notebook, policies: Policies, together: bool = False
) -> pd.DataFrame:
    kind = {REFUSE: "refused", DROP: "dropped"}.get(policies.magnitude, "doubtful")
    column = str(values.name)
    if together:
        book.note(kind, rule, column=column, count=int(mask.sum()))
    else:
        book.place(kind, rule, mask[mask].index, rows[ROW], column, values, f"{book.table}.{column}")
    if kind == "doubtful":
        return rows
    book.leave_out(rule, mask)
    return rows[~mask]


def _note_jumps(rows: pd.DataFrame, size: pd.Series, book: Notebook, large: float) -> None:
    """Note the firms whose size is more than `large` times that of the year before, or less than the inverse."""
    order = (
        pd.DataFrame({"firm": rows["firm_id"], "year": rows["year"], "size": size.where(size > 0)}).dropna().sort_values(["firm", "year"])
    )
    before = order.groupby("firm")["size"].shift()
    ratio = order["size"] / before
    jumps = ratio[(ratio > large) | (ratio < 1 / large)]
    for position in jumps.index[:20]:
        rule = f"{ratio[position]:,.6g} times that of the year before: a change of unit?"
        value = f"{order.loc[position, 'firm']}, {order.loc[position, 'year']}"
        book.place("doubtful", rule, [position], rows[ROW], str(size.name), pd.Series(value, index=[position]))
    if len(jumps) > 20:
        book.note("doubtful", "many times that of the year before; more of the same", column=str(size.name), count=len(jumps) - 20)
