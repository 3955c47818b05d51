"""Specification curves of provinces: R&D, green investment, new products."""

from analysis.exhibits.figures._specification_curve import curves


def draw(
    province_rd_curve,
    province_rd_curve_joint,
    province_green_curve,
    province_green_curve_joint,
    province_sales_curve,
    province_sales_curve_joint,
):
    """Return sorted estimates of all specifications with 95 % intervals, one panel per outcome."""
    return curves(
        [province_rd_curve, province_green_curve, province_sales_curve],
        [province_rd_curve_joint, province_green_curve_joint, province_sales_curve_joint],
    )
