"""Every estimator against numbers printed in papers, vignettes and manuals (config/published.yaml), and against its library.

Some data sets are in the folder of external files (validation/); without it their tests are skipped and say so.
"""

import numpy as np
import pytest

from analysis.core.catalogue import modules
from analysis.core.config import CONFIG, read_yaml
from analysis.core.specification import Specification
from analysis.estimators import callaway_santanna
from analysis.inference.group_time_cells import panel_of
from analysis.inference.group_time_draws import cells_of, permuted_averages
from analysis.validation import _datasets
from analysis.validation.published_numbers import compare

PUBLISHED = read_yaml(CONFIG / "published.yaml", "published", "published")["published"]


@pytest.mark.parametrize("target", PUBLISHED)
def test_printed_numbers_are_reproduced(target):
    rows = compare(target, PUBLISHED[target])
    if rows[0]["reason"]:
        pytest.skip(rows[0]["reason"])
    wrong = [f"{r['parameter']} {r['quantity']}: {r['ours']:.7g}, printed {r['published']:.7g}" for r in rows if not r["agrees"]]
    assert not wrong, "\n".join(wrong)


def test_targets_name_what_exists():
    for name, settings in PUBLISHED.items():
        assert settings["data"] in _datasets.LOADERS, name
        assert settings["estimator"] in modules("estimator"), name


@pytest.fixture(scope="module")
def minimum_wage():
    try:
        return _datasets.county_employment()
    except _datasets.Absent as error:
        pytest.skip(str(error))


def row(rows, term, **where):
    found = [r for r in rows if r["term"] == term and all(r.get(k) == v for k, v in where.items())]
    assert len(found) == 1, found
    return found[0]


def callaway(data, **options):
    return callaway_santanna.estimate(data, Specification("test", "test", "lemp", "countyreal", "year", cohort="cohort", options=options))


def test_the_printed_error_by_group_uses_other_cells_shares(minimum_wage):
    """R did prints .012415: it takes the estimated cohort shares of the first three group-time cells, all of cohort 2004,
    for those of the three cohorts; with each cohort's own share it is .012446."""
    found = row(callaway(minimum_wage, aggregation="group"), "att", inference="analytic")
    assert found["std_error"] == pytest.approx(0.012446, abs=1e-6)
    assert group_error_as_printed(minimum_wage) == pytest.approx(0.012415, abs=1e-6)


def group_error_as_printed(data):
    panel = panel_of(data, "lemp", "countyreal", "year", "cohort")
    cells = cells_of(panel)
    after = [(cells.event_time >= 0) & (cells.cohort == g) for g in (2004, 2006, 2007)]
    values, influences = (found[0, 0] for found in permuted_averages(cells, panel.cohort[None], after))
    share = np.array([20, 40, 131]) / 500
    influence = share / share.sum() @ influences
    first_cell = [(panel.cohort == 2004) - p for p in share]
    change = np.array(first_cell) / share.sum() - sum(first_cell)[None, :] * share[:, None] / share.sum() ** 2
    influence = influence + values @ change
    return np.sqrt(influence @ influence) / len(influence)


def test_callaway_santanna_equals_its_library(minimum_wage):
    from diff_diff import CallawaySantAnna

    for control in ("never_treated", "not_yet_treated"):
        ours = row(callaway(minimum_wage, control_group=control), "att", inference="analytic")
        theirs = CallawaySantAnna(control_group=control).fit(minimum_wage, "lemp", "countyreal", "year", "cohort")
        assert ours["estimate"] == pytest.approx(theirs.overall_att, abs=1e-10)
        assert ours["std_error"] == pytest.approx(theirs.overall_se, abs=1e-8)
