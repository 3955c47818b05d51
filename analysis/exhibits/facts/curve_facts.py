"""What the text says of the specification curves of provinces."""

import pandas as pd


def count(province_rd_curve_joint, province_green_curve_joint, province_sales_curve_joint):
    """Return how many specifications there are, the shares of their readings and the joint p-values, by outcome."""
    facts = {}
    for name, joint in (("rd", province_rd_curve_joint), ("green", province_green_curve_joint), ("sales", province_sales_curve_joint)):
        row = joint.iloc[0]
        shown = [
            "n_specifications",
            "main_rank",
            "median",
            "share_positive",
            "share_consistent",
            "share_not_consistent",
            "share_undecided",
            "share_same",
        ]
        shown += ["p_median", "p_share", "p_average"]
        facts |= {f"{name}_{key}": int(row[key]) if key == "n_specifications" else float(row[key]) for key in shown}
    joints = pd.concat([province_rd_curve_joint, province_green_curve_joint, province_sales_curve_joint])
    facts["draws"] = int(joints["draws"].iloc[0])
    return facts | {
        "lowest_p": float(joints[["p_median", "p_share", "p_average"]].min().min()),
        "n_all": int(joints["n_specifications"].sum()),
    }
