"""Firm-years: summary statistics, and issuers against other firms in their base year."""

import numpy as np
import pandas as pd

from analysis.exhibits.cells import count, number
from analysis.exhibits.display import Table

VARIABLES = {
    "rd_to_sales": "R&D to sales, %",
    "log_assets": "Log assets",
    "leverage": "Liabilities to assets, %",
    "cost_of_debt": "Interest to debt, %",
    "bank_loan_share": "Bank loans to debt, %",
    "direct_finance_share": "Direct finance to debt, %",
    "intangible_share": "Intangible share, %",
    "tobin_q": "Market value to assets",
    "roa": "Profit to assets, %",
    "green_investment": "Green investment, million",
    "licence_income": "Licence income, million",
    "launches": "Launches",
    "disclosure_score": "Disclosure score",
}


def layout(firm_panel: pd.DataFrame) -> Table:
    """Return mean, s.d. and quantiles; right, base-year means and their difference in s.d. (balance)."""
    base = firm_panel.sort_values(["firm_id", "year"]).drop_duplicates("firm_id")
    base = base[base["observed_before"]]
    rows = []
    for name, label in VARIABLES.items():
        values = firm_panel[name].dropna()
        issuers, others = base.loc[base["issuer"], name].dropna(), base.loc[~base["issuer"], name].dropna()
        spread = np.sqrt((issuers.var() + others.var()) / 2)
        rows.append(
            {
                "": label,
                "N": count(len(values)),
                "Mean": number(values.mean(), 2),
                "s.d.": number(values.std(), 2),
                "p5": number(values.quantile(0.05), 2),
                "Median": number(values.median(), 2),
                "p95": number(values.quantile(0.95), 2),
                "Zero, %": number(100 * (values == 0).mean(), 0),
                "Issuers": number(issuers.mean(), 2),
                "Others": number(others.mean(), 2),
                "Difference": number((issuers.mean() - others.mean()) / spread, 2),
            }
        )
    return Table(pd.DataFrame(rows), widths={"": "1fr"})
