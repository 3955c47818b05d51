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
# Of these the rules are told apart: they say why a row is not one of the sample.
BY_RULE = (("refused", "dropped"), ("filtered",))
FILES_SHOWN, RULES_SHOWN, WORDS_SHOWN = 12, 8, 90
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
        notes = firm_notes[firm_notes["table"] == table]
        own = notes.groupby("kind")["count"].sum()
        bold.append(len(rows))
        rows.append({"Step": label})
        if own.get("unread", 0):
            rows.append({"Step": "Files that are not read", "Rows": int(own["unread"])})
            rows += _listed(notes[notes["kind"] == "unread"], "file", FILES_SHOWN)
        rows.append({"Step": "Rows read, all files", "Rows": int(own.get("read", 0))})
        rows += _listed(notes[notes["kind"] == "read"], "file", FILES_SHOWN)
        for kinds, words in STEPS.items():
            aside = notes[notes["kind"].isin(kinds)]
            if len(aside):
                rows.append({"Step": f"  {words}", "Rows": int(aside["count"].sum())})
                rows += _listed(aside, "rule", RULES_SHOWN, "    ") if kinds in BY_RULE else []
        rows.append({"Step": "Rows used", "Rows": sizes[table]})
        rows += _further(table, firm_panel, project_spells, projects)
        moved = notes[notes["kind"] == "changes"]
        rows += [
            {"Step": f"  whose {r['column']} changes: that of the first year counts", "Rows": r["count"]} for r in moved.to_dict("records")
        ]
    return Table(pd.DataFrame(rows), formats={"Rows": "{:,.0f}"}, bold=tuple(bold), widths={"Step": "1fr"})


def _listed(notes: pd.DataFrame, by: str, shown: int, indent: str = "  ") -> list[dict]:
    """Return a row for each file or rule with its count, largest first, and one for those beyond `shown`; one alone says nothing new."""
    counts = notes.groupby(notes[by].str.slice(0, WORDS_SHOWN), sort=True)["count"].sum().sort_values(ascending=False, kind="stable")
    if len(counts) < 2 and by == "file":
        return []
    rows = [{"Step": f"{indent}{name}", "Rows": int(count)} for name, count in counts.iloc[:shown].items()]
    rest = counts.iloc[shown:]
    return rows + ([{"Step": f"{indent}{len(rest)} more", "Rows": int(rest.sum())}] if len(rest) else [])


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
