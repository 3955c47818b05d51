"""Accounts around the first royalty monetisation, by fiscal years and by quarters."""

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.pyplot import subplots

from analysis.exhibits.cells import in_order, select_rows
from analysis.exhibits.display import WIDTH
from analysis.exhibits.figures._event_study import event_panel


def draw(accounts_stacked: pd.DataFrame, accounts_by_quarter: pd.DataFrame, outcomes: dict) -> Figure:
    """Return two rows of panels, years above and quarters below, of the outcomes that both have; intervals clustered by firm."""
    names = in_order(accounts_by_quarter, outcomes)
    figure, axes = subplots(2, len(names), figsize=(WIDTH, 3.7), squeeze=False)
    for row, (table, unit) in zip(axes, ((accounts_stacked, "Years"), (accounts_by_quarter, "Quarters")), strict=True):
        for axis, name in zip(row, names, strict=True):
            event_panel(axis, select_rows(table, outcome=name), name, outcomes, "cluster", "randomization_t")
            axis.set_xlabel(f"{unit} since first event")
    return figure
