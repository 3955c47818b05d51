"""All specifications of several curves at once: shares of readings and joint tests, one column per curve."""

from analysis.exhibits.tables._specification_curves import laid_out


def layout(comparison):
    """Return the table of the joint tests that are listed."""
    return laid_out(list(comparison.tables.values()))
