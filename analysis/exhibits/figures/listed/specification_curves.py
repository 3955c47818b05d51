"""Sorted estimates of all specifications of several curves, with 95 % intervals."""

from matplotlib.figure import Figure

from analysis.core.comparisons import Comparison
from analysis.exhibits.figures._specification_curve import curves


def draw(comparison: Comparison) -> Figure:
    """Return one panel per row: a curve, and its joint tests."""
    rows, tables = comparison.entry["rows"], comparison.tables
    return curves([tables[row["from"]] for row in rows], [tables[row["joint"]] for row in rows])
