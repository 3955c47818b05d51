"""P-values adjusted for all outcomes of a family."""

import pandas as pd

from analysis.exhibits.cells import labelled
from analysis.exhibits.display import Table
from analysis.exhibits.tables._families import rows_of


def layout(province_family, province_family_commercialization, province_family_green, outcomes):
    """Return a block a family, one row an outcome."""
    rows, bold = [], []
    for table in (province_family, province_family_commercialization, province_family_green):
        bold.append(len(rows))
        rows.append({"Outcome": outcomes[table["outcome"].iloc[0]]["family"].capitalize()})
        rows += [{"Outcome": labelled(outcomes, name), **cells} for name, cells in rows_of(table).items()]
    data = pd.concat([province_family, province_family_commercialization, province_family_green], ignore_index=True)
    return Table(pd.DataFrame(rows).fillna(""), data=data, bold=tuple(bold), widths={"Outcome": "1fr"})
