"""Panel + choices → a specification curve and its joint tests."""

from __future__ import annotations

from analysis.core.storage import absent_table, is_absent, read_table, write_table
from analysis.specification_curve.summary import curve_of


def curve(
    name: str, settings: dict, panel_settings: dict, test: dict, seed: int, panel_path: str, contracts: dict, paths: list[str]
) -> None:
    """Write the curve `name` (contract `curve`) and its joint tests (contract `curve_joint`) to the two `paths`.

    `test` is the test of config/claims.yaml whose region the readings use.
    """
    panel = read_table(panel_path)
    if is_absent(panel):
        tables = tuple(absent_table(contract, is_absent(panel)) for contract in contracts.values())
    else:
        tables = curve_of(name, panel, settings, panel_settings, test, seed, contracts)
    for table, path, contract in zip(tables, paths, contracts.values(), strict=True):
        write_table(table, path, contract, "real" if is_absent(panel) else panel.attrs["evidence"])
