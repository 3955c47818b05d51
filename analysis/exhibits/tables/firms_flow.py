"""From files to the sample: rows read, set aside and why, firms and projects that stay."""

import pandas as pd

from analysis.exhibits.display import Table

STEPS = {
    ("refused", "dropped"): "break a rule",
    ("blanked",): "cells that break a rule: left blank, the row stays",
    ("duplicate",): "the same record again",
    ("restated",): "an earlier filing of the same firm and year",
    ("filtered",): "not the kind of row that the adapter's map asks for",
    ("conflict",): "cells on which sources differ; the one that takes precedence counts",
}
TABLES = {"firm_accounts": "Firm-years", "financing_events": "Issues", "projects": "Projects"}


def layout(
    firm_notes: pd.DataFrame,
    firm_panel: pd.DataFrame,
    project_spells: pd.DataFrame,
    projects: pd.DataFrame,
    financing_events: pd.DataFrame,
    firm_accounts: pd.DataFrame,
) -> Table:
    """Return one row per step, with counts."""
    rows: list[dict] = []
    bold = []
    sizes = {"firm_accounts": len(firm_accounts), "financing_events": len(financing_events), "projects": len(projects)}
    for table, label in TABLES.items():
        own = firm_notes[firm_notes["table"] == table].groupby("kind")["count"].sum()
        bold.append(len(rows))
        rows.append({"Step": label})
        if own.get("unread", 0):
            rows.append({"Step": "Files that are not read", "Rows": int(own["unread"])})
        rows.append({"Step": "Rows read, all files", "Rows": int(own.get("read", 0))})
        steps = {words: int(sum(own.get(kind, 0) for kind in kinds)) for kinds, words in STEPS.items()}
        rows += [{"Step": f"  {words}", "Rows": count} for words, count in steps.items() if count]
        rows.append({"Step": "Rows used", "Rows": sizes[table]})
        rows += _further(table, firm_panel, project_spells, projects)
        moved = firm_notes[(firm_notes["table"] == table) & (firm_notes["kind"] == "changes")]
        rows += [
            {"Step": f"  whose {r['column']} changes: that of the first year counts", "Rows": r["count"]} for r in moved.to_dict("records")
        ]
    return Table(pd.DataFrame(rows), formats={"Rows": "{:,.0f}"}, bold=tuple(bold), widths={"Step": "1fr"})


def _further(table: str, firm_panel: pd.DataFrame, project_spells: pd.DataFrame, projects: pd.DataFrame) -> list[dict]:
    if table == "firm_accounts":
        firms = firm_panel.drop_duplicates("firm_id")
        late = firms["issuer"] & ~firms["observed_before"]
        return [
            {"Step": "Firms", "Rows": len(firms)},
            {"Step": "Firms that issue at some time", "Rows": int(firms["issuer"].sum())},
            {"Step": "  of these not observed before their first issue: left out of effects", "Rows": int(late.sum())},
        ]
    if table == "projects":
        return [
            {"Step": "Without a filing date, or over at once: left out", "Rows": len(projects) - len(project_spells)},
            {"Step": "Projects used", "Rows": len(project_spells)},
            {"Step": "  sold", "Rows": int(project_spells["ended"].sum())},
            {"Step": "  filed after the firm's first issue", "Rows": int(project_spells["exposed"].sum())},
            {"Step": "  under way when the firm issued: cut off at the start of that year", "Rows": int(project_spells["underway"].sum())},
        ]
    return []
