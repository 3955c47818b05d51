"""Specification curves of firms: R&D to sales, green investment, months from filing to sale."""

from analysis.exhibits.figures._specification_curve import curves


def draw(firm_rd_curve, firm_rd_curve_joint, firm_green_curve, firm_green_curve_joint, firm_cycle_curve, firm_cycle_curve_joint):
    """Return sorted estimates of all specifications with 95 % intervals, one panel per outcome."""
    return curves(
        [firm_rd_curve, firm_green_curve, firm_cycle_curve],
        [firm_rd_curve_joint, firm_green_curve_joint, firm_cycle_curve_joint],
    )
