"""All specifications of firms at once."""

from analysis.exhibits.tables._specification_curves import laid_out


def layout(firm_rd_curve_joint, firm_green_curve_joint, firm_cycle_curve_joint):
    """Return shares of readings and joint tests, one column per outcome."""
    return laid_out([firm_rd_curve_joint, firm_green_curve_joint, firm_cycle_curve_joint])
