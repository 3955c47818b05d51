"""Sorted estimates of all specifications of several curves, with 95 % intervals."""

from analysis.exhibits.figures._specification_curve import curves


def draw(comparison):
    """Return one panel per row: a curve, and its joint tests."""
    rows, tables = comparison.entry["rows"], comparison.tables
    return curves([tables[row["from"]] for row in rows], [tables[row["joint"]] for row in rows])
