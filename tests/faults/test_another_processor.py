"""Another processor, as far as this one can play it: other kernels of OpenBLAS, other instructions of NumPy.

What is iterative is most at risk; after rounding to the archived digits every number is equal, or within the tolerance of `verify`
and named here.
"""

import platform

import pandas as pd
import pytest

from analysis.core.precision import archived
from analysis.review.manifest import environment
from analysis.review.verification.allowance import agree
from tests.study import STUDY

PART = "Another processor"
RULES = STUDY["verification"]
# Likelihoods with a share that never ends, partial likelihood, Poisson, incidence, random effects, simplex weights, permutations.
ITERATIVE = (
    "projects_cycle/none",
    "projects_cycle_loglogistic/none",
    "projects_hazard/none",
    "projects_withdrawal/none",
    "projects_calendar/project_approval",
    "projects_incidence/none",
    "sponsor_counts/sponsor_approvals",
    "province_link_random/new_product_sales",
    "province_cases/rd_intensity",
    "province_att/rd_intensity",
)
TARGETS = [f"data/processed/estimates/{name}.parquet" for name in ITERATIVE]


def other_processor():
    """Return the variables that make an x86 processor behave as an older one does."""
    about = environment()
    newest = about.get("kernel of numpy", "")
    features = about["instructions of NumPy"].split()
    kernel = "Haswell" if "AVX2" in features and newest not in ("Haswell", "Zen") else "Nehalem"
    newer = [name for name in features if name.startswith("AVX512") or (kernel == "Nehalem" and name in ("AVX2", "FMA3", "AVX", "F16C"))]
    return kernel, {"OPENBLAS_CORETYPE": kernel, "NPY_DISABLE_CPU_FEATURES": " ".join(newer)}


def estimates(checkout, **changes):
    checkout.clear()
    result = checkout.run(*TARGETS, **changes)
    assert result.returncode == 0, result.stdout + result.stderr
    return {name: pd.read_parquet(checkout.path / f"data/processed/estimates/{name}.parquet") for name in ITERATIVE}


def differences(before, after):
    """Return [parameter, column, number, number] of every number that is archived otherwise."""
    found = []
    for column in before:
        if before[column].dtype != float:
            assert before[column].astype(str).tolist() == after[column].astype(str).tolist(), column
            continue
        for name, one, other in zip(before["parameter"], before[column], after[column], strict=True):
            if not (pd.isna(one) and pd.isna(other)) and archived(one) != archived(other):
                found.append((name, column, one, other))
    return found


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="kernels of this processor cannot be chosen")
def test_iterative_estimates_have_the_archived_digits_on_another_processor(study, record):
    checkout, _, _ = study
    kernel, variables = other_processor()
    first, second = estimates(checkout), estimates(checkout, **variables)
    differ = {name: differences(first[name], second[name]) for name in ITERATIVE}
    listed = [(name, *one) for name, found in differ.items() for one in found]
    assert all(agree(archived(one), archived(other), RULES) for *_, one, other in listed), listed
    remark = "; ".join(f"{name} {parameter} {column}: {archived(one)}, {archived(other)}" for name, parameter, column, one, other in listed)
    equal = sum(not found for found in differ.values())
    name = f"files of iterative estimates under kernel {kernel} and the instructions of its time, in seven digits"
    record(PART, name, len(ITERATIVE), same=equal, remark=remark or "every number equal")
