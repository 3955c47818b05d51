"""The critical value solved programme after programme is that of programmes solved one by one."""

import numpy as np
import pytest
from moderndid.didhonest.arp_nuisance import compute_least_favorable_cv as one_by_one

from analysis.inference.least_favorable import critical_value


@pytest.mark.parametrize("moments, nuisance", [(8, 0), (8, 1), (20, 5)])
def test_as_solved_one_by_one(moments, nuisance):
    generator = np.random.default_rng(moments + nuisance)
    root = generator.normal(size=(moments, moments))
    slopes = generator.normal(size=(moments, nuisance)) if nuisance else None
    rows = np.arange(moments) % 4 != 3
    for chosen in (None, rows):
        given = (slopes, root @ root.T, 0.005, 150, chosen, 4)
        assert critical_value(*given) == pytest.approx(one_by_one(*given), rel=1e-12)
