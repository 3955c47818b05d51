"""What the notes say of the specification curves of firms."""


def count(firm_rd_curve_joint, firm_green_curve_joint):
    """Return the deals of dates, and by outcome how many specifications there are."""
    numbers = {"rd": firm_rd_curve_joint, "green": firm_green_curve_joint}
    facts = {f"{name}_n_specifications": int(joint["n_specifications"].iloc[0]) for name, joint in numbers.items()}
    return facts | {"draws": int(firm_rd_curve_joint["draws"].iloc[0])}
