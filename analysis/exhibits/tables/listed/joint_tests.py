"""All specifications of several curves at once: shares of readings and joint tests, one column per curve."""

from analysis.core.comparisons import Comparison
from analysis.exhibits.display import Table
from analysis.exhibits.tables._specification_curves import laid_out


def layout(comparison: Comparison) -> Table:
    """Return the table of the joint tests that are listed."""
    return laid_out(list(comparison.tables.values()))
