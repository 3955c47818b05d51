"""Royalty monetisation under other choices: samples, base years, violations of trends, risk sets left out, the family of R&D outcomes."""

import pandas as pd

from analysis.exhibits.cells import in_order, interval, labelled, number, select_rows
from analysis.exhibits.display import Table
from analysis.exhibits.tables._families import rows_of
from analysis.exhibits.tables._left_out import left_out
from analysis.exhibits.tables._variants import variants


def layout(
    royalty_stacked,
    royalty_donut,
    royalty_complete,
    royalty_sales_only,
    royalty_notes_only,
    royalty_size_matched,
    royalty_without_diversified,
    royalty_staggered,
    royalty_two_years_before,
    royalty_all_years_before,
    royalty_placebo,
    royalty_honest,
    royalty_winsorizing,
    royalty_leave_one_out,
    royalty_family,
    specifications,
    outcomes,
):
    """Return a block for R&D and for R&D to sales, one row per choice, and the family."""
    tables = {
        "royalty_stacked": royalty_stacked,
        "royalty_donut": royalty_donut,
        "royalty_complete": royalty_complete,
        "royalty_sales_only": royalty_sales_only,
        "royalty_notes_only": royalty_notes_only,
        "royalty_size_matched": royalty_size_matched,
        "royalty_without_diversified": royalty_without_diversified,
        "royalty_staggered": royalty_staggered,
        "royalty_two_years_before": royalty_two_years_before,
        "royalty_all_years_before": royalty_all_years_before,
        "royalty_placebo": royalty_placebo,
    }
    titles = {name: specifications[name]["title"] for name in tables}
    rows, bold, data = [], [], [royalty_leave_one_out, royalty_honest, royalty_family]
    for outcome in in_order(royalty_donut, outcomes):
        bold.append(len(rows))
        block = variants({name: t[t["outcome"] == outcome] for name, t in tables.items()}, titles, outcomes, "randomization_t")
        rows += block.frame.to_dict("records")
        data.append(block.data)
        if outcome == "rd_to_sales":
            for name in in_order(royalty_winsorizing, outcomes):
                own = royalty_winsorizing[royalty_winsorizing["outcome"] == name]
                part = variants({"": own}, {"": outcomes[name]["label"].split(", ")[1].capitalize()}, outcomes, "randomization_t")
                rows += part.frame.to_dict("records")[1:]
                data.append(part.data)
        rows += _violations(royalty_honest, outcome)
        span, names = left_out(royalty_leave_one_out, outcome)
        rows.append(
            {"Specification": f"Without each risk set in turn ({names})" if names else "Without each risk set", "95 % interval": span}
        )
    bold.append(len(rows))
    rows.append({"Specification": "Adjusted for the family of R&D outcomes (Romano-Wolf): estimate, p alone; p adjusted"})
    for name, cells in rows_of(royalty_family, "randomization_t").items():
        both = f"{cells['p alone']}; {cells['p adjusted']}"
        line = {
            "Specification": labelled(outcomes, name),
            "ATT": cells["Estimate"],
            "95 % interval": cells["95 % interval"],
            "p": both,
            "N": cells["N"],
        }
        rows.append(line)
    return Table(pd.DataFrame(rows).fillna(""), data=pd.concat(data, ignore_index=True), bold=tuple(bold), widths={"Specification": "1fr"})


def _violations(royalty_honest: pd.DataFrame, outcome: str) -> list[dict]:
    """Return a line for each magnitude of violations of parallel trends."""
    rows = []
    for _, row in select_rows(royalty_honest, outcome=outcome, term="att_honest").iterrows():
        title = f"Violations of trends up to {row['setting']} times the worst before"
        rows.append({"Specification": title, "ATT": number(row["estimate"]), "95 % interval": interval(row["ci_low"], row["ci_high"])})
    return rows
