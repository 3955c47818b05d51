"""All specifications of provinces at once."""

from analysis.exhibits.tables._specification_curves import laid_out


def layout(province_rd_curve_joint, province_green_curve_joint, province_sales_curve_joint):
    """Return shares of readings and joint tests, one column per outcome."""
    return laid_out([province_rd_curve_joint, province_green_curve_joint, province_sales_curve_joint])
