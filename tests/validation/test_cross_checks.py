"""Cross-checks: noise of the machine is no difference, and anything larger is."""

from analysis.exhibits.tables.cross_checks_table import _shown
from analysis.validation.cross_checks import ROUNDING, _difference


def test_noise_of_the_machine_counts_as_none():
    assert _difference(0.1, 0.1 + 1e-15) == 0.0 and _shown(0.0) == "<1e-10"
    assert _difference(0.1, 0.1 + 2 * ROUNDING) > ROUNDING and _shown(4.6e-9) == "5e-09"
