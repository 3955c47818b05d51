"""The yearly workbooks of the R&D Scoreboard, each read by the layout that the configuration gives it, or refused."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from python_calamine import CalamineError, CalamineWorkbook

from analysis.core.errors import DataError, violation

NUMBERS = ("rank", "rd", "rd_growth_pct", "rd_intensity_pct", "sales", "capex", "operating_profit", "employees", "market_cap")
TEXTS = ("company", "country", "region", "industry")
REQUIRED = ("company", "country", "industry", "rd")
FIELDS = (*NUMBERS, *TEXTS)
BLANK = ("", "-", "n.a.", "na", "#n/a", "#value!", "#div/0!", "#num!")


def read_edition(path: Path, edition: str, edition_settings: dict, layout: dict) -> pd.DataFrame:
    """Return the firms of one workbook, a row each, columns FIELDS plus edition and fiscal_year; million euro, persons.

    Raises DataError for a file that is not a workbook, a header that is not the layout's, text where a number
    belongs, another fiscal year, a repeated rank's company or fewer firms than the edition lists.
    """
    sheet, rows = _rows(path, len(layout["columns"]))
    where = f"{path}, sheet '{sheet}'"
    fields = _check_header(rows, edition_settings, layout, where)
    first = max(layout["rows"]) + 1
    ranked = [
        (number, cells)
        for number, cells in enumerate(rows[first - 1 :], start=first)
        if _is_ranked(cells[fields.index("rank")], edition_settings)
    ]
    problems: list[str] = []
    table = pd.DataFrame({field: _column(ranked, fields, field, where, problems) for field in FIELDS if field in fields})
    table = table.reindex(columns=list(FIELDS))
    table.index = [number for number, _ in ranked]
    problems += _problems(table, ranked, fields, edition_settings, where)
    if problems:
        raise DataError("\n".join(problems))
    if edition_settings.get("zero_is_missing"):
        amounts = ["sales", "capex", "employees", "market_cap"]
        table[amounts] = table[amounts].mask(table[amounts] == 0)
    table["employees"] = table["employees"] * layout.get("employees_scale", 1)
    return table.assign(edition=int(edition), fiscal_year=edition_settings["fiscal_year"]).reset_index(drop=True)


def _rows(path: Path, width: int) -> tuple[str, list[tuple]]:
    """Return the name and the rows of the first sheet, cut to the layout's columns: some workbooks hold scratch cells."""
    try:
        with CalamineWorkbook.from_path(path) as workbook:
            sheet = workbook.get_sheet_by_index(0)
            rows = sheet.to_python(skip_empty_area=False)
    except (CalamineError, OSError, IndexError) as error:
        raise DataError(violation(path, f"cannot be read as a workbook ({error})")) from error
    return sheet.name, [tuple(map(_cell, cells[:width])) + (None,) * (width - len(cells)) for cells in rows]


def _cell(value: object) -> object:
    """Return a cell as it is typed: nothing for a blank one, whole numbers without a point."""
    if value == "":
        return None
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _filled(value: object) -> bool:
    return value is not None and str(value).strip() != ""


def _is_ranked(value: object, edition_settings: dict) -> bool:
    """Return whether a row is a firm's: it has a rank, and is not the edition's line of totals."""
    return _filled(value) and str(value).strip() != edition_settings.get("totals")


def _check_header(rows: list[tuple], edition_settings: dict, layout: dict, where: str) -> list[str]:
    """Return the field of each column; raise DataError that names the first header which is not the layout's."""
    pairs = [next(iter(pair.items())) for pair in layout["columns"]]
    lines = [rows[number - 1] if number <= len(rows) else () for number in layout["rows"]]
    found = [" ".join(str(line[i]).strip() for line in lines if i < len(line) and _filled(line[i])) for i in range(len(pairs))]
    for position, (printed, _) in enumerate(pairs):
        wanted = printed.format(**edition_settings)
        if found[position] != wanted:
            rule = f"unknown layout: the header should be '{wanted}'. The headers found are: {' | '.join(found)}"
            raise DataError(violation(where, rule, row=layout["rows"][-1], column=str(position + 1), value=found[position]))
    return [field for _, field in pairs]


def _column(ranked: list, fields: list[str], field: str, where: str, problems: list[str]) -> list:
    position = fields.index(field)
    values: list = []
    for number, cells in ranked:
        value = cells[position]
        if field in TEXTS:
            values.append(str(value).strip() if _filled(value) else None)
            continue
        if isinstance(value, str):
            value = None if value.strip().lower() in BLANK else value.strip()
        try:
            values.append(float("nan") if value is None else float(value))
        except (TypeError, ValueError):
            problems.append(violation(where, "is not a number", row=number, column=field, value=value))
            values.append(float("nan"))
    return values


def _problems(table: pd.DataFrame, ranked: list, fields: list[str], edition_settings: dict, where: str) -> list[str]:
    """Return what is wrong with the firms as a whole."""
    problems = [
        violation(where, "required: may not be blank", row=number, column=field)
        for field in REQUIRED
        for number in table.index[table[field].isna()]
    ]
    problems += [
        violation(where, "must be at least 0", row=number, column="rd", value=table.loc[number, "rd"])
        for number in table.index[table["rd"] < 0]
    ]
    repeated = table.duplicated(["company", "country"], keep="first") & table["company"].notna()
    same_again = repeated & table.duplicated(["company", "country", "rd"], keep="first")
    problems += [
        violation(where, "duplicated key", row=number, column="company", value=table.loc[number, "company"])
        for number in table.index[same_again]
    ]
    if "fiscal_year" in fields:
        position = fields.index("fiscal_year")
        problems += [
            violation(where, f"must be {edition_settings['fiscal_year']}", row=number, column="fiscal_year", value=cells[position])
            for number, cells in ranked
            if cells[position] != edition_settings["fiscal_year"]
        ]
    if len(table) < edition_settings["firms"]:
        problems.append(
            violation(
                where,
                f"lists {len(table)} firms where the edition has {edition_settings['firms']}: cut short?",
                row=int(max(table.index, default=0)),
            )
        )
    return problems
