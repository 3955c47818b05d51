"""The DAG in a scratch copy: what reruns when a file is edited, and what does not."""

import os
import re
import subprocess
import sys

import pytest

from tests.study import STUDY


def run(copy, *arguments):
    command = [sys.executable, "-m", "snakemake", "--force-use-threads", "--cores", "1", *arguments]
    # Without external files the sources that need them are written at once, as absent.
    environment = os.environ | {"IPS_DATA": str(copy / "none")}
    return subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False)


def planned(copy, *targets):
    """Return the outputs that a dry run would make."""
    result = run(copy, "--dry-run", *targets)
    assert result.returncode == 0, result.stdout + result.stderr
    return set(re.findall(r"^ +output: (.+)$", result.stdout + result.stderr, flags=re.MULTILINE))


@pytest.fixture(scope="module")
def made(scratch_copy):
    """Return the copy after a few products were really made."""
    result = run(scratch_copy, *TARGETS)
    assert result.returncode == 0, result.stdout + result.stderr
    return scratch_copy


TARGETS = (
    "data/processed/sources/issuances.parquet",
    "data/processed/sources/institutions.parquet",
    "data/processed/panels/province_year.parquet",
    "data/processed/estimates/green_share/none.parquet",
    "data/processed/estimates/province_link_within/new_product_sales.parquet",
    "data/processed/estimates/province_link_hausman/new_product_sales.parquet",
    "data/processed/estimates/royalty_stacked/log_rd.parquet",
    "paper/tables/institutions_table.csv",
)


def edited(path):
    path.write_text(path.read_text(encoding="utf-8") + "\n# edited\n", encoding="utf-8")


def test_nothing_reruns_when_nothing_changed(made):
    assert planned(made, *TARGETS) == set()


@pytest.mark.parametrize(
    ("file", "reruns", "stays"),
    [
        (
            "analysis/sources/institutions.py",
            {"sources/institutions.parquet"},
            {"sources/issuances.parquet", "panels/province_year.parquet"},
        ),
        (
            "analysis/estimators/_panel_regression.py",
            {"province_link_hausman/new_product_sales.parquet"},
            {"green_share", "royalty_stacked", "sources/", "panels/"},
        ),
        (
            "analysis/inference/absorb.py",
            {"province_link_within/new_product_sales.parquet", "royalty_stacked/log_rd.parquet"},
            {"sources/", "panels/", "institutions_table"},
        ),
        ("analysis/exhibits/display.py", {"paper/tables/institutions_table.csv"}, {"sources/", "panels/", "estimates/"}),
        ("data/raw/registers/institutions.csv", {"sources/institutions.parquet"}, {"sources/issuances.parquet", "estimates/"}),
    ],
)
def test_editing_a_file_reruns_what_depends_on_it_and_nothing_else(made, file, reruns, stays):
    original = (made / file).read_text(encoding="utf-8")
    try:
        if file.endswith(".csv"):
            (made / file).write_text(original.replace("None mandatory", "Nothing mandatory"), encoding="utf-8")
        else:
            edited(made / file)
        outputs = " ".join(planned(made, *TARGETS))
        for name in reruns:
            assert name in outputs
        for name in stays:
            assert name not in outputs
    finally:
        (made / file).write_text(original, encoding="utf-8")


def test_a_label_refits_nothing_and_an_option_refits_its_model(made):
    config = made / "config" / "study.yaml"
    original = config.read_text(encoding="utf-8")
    try:
        config.write_text(original.replace("label: New-product sales", "label: Sales of new products"), encoding="utf-8")
        assert planned(made, *TARGETS) == set()
    finally:
        config.write_text(original, encoding="utf-8")
    config = made / "config" / "specifications" / "market.yaml"
    original = config.read_text(encoding="utf-8")
    try:
        config.write_text(original.replace("unknown: title not known, benchmark", "unknown: nobody looked, benchmark"), encoding="utf-8")
        assert planned(made, *TARGETS) == {"data/processed/estimates/green_share/none.parquet"}
    finally:
        config.write_text(original, encoding="utf-8")


def test_a_misspelt_name_stops_before_any_job(made):
    config = made / "config" / "specifications" / "provinces.yaml"
    original = config.read_text(encoding="utf-8")
    try:
        config.write_text(original.replace("estimator: hausman", "estimator: hausmann"), encoding="utf-8")
        result = run(made, "--dry-run")
        assert result.returncode != 0
        assert "unknown estimator 'hausmann'. Did you mean 'hausman'" in result.stderr
    finally:
        config.write_text(original, encoding="utf-8")


def test_a_broken_raw_file_stops_its_job_with_the_place_and_leaves_nothing_half_written(made):
    raw = made / "data/raw/statistics/province_year.csv"
    original = raw.read_text(encoding="utf-8")
    product = made / "data/processed/sources/province_statistics.parquet"
    try:
        raw.write_text(original.replace("Beijing,2010,15420.2", "Beijing,2010,much", 1), encoding="utf-8")
        result = run(made, "data/processed/sources/province_statistics.parquet")
        assert result.returncode != 0
        assert "province_year.csv, row 3, column 'gdp', value 'much': is not a number" in result.stdout + result.stderr
        assert not product.exists()  # Snakemake takes the outdated file away and nothing half-made takes its place
        assert list(product.parent.glob(".*")) == []
    finally:
        raw.write_text(original, encoding="utf-8")
        assert run(made, *TARGETS).returncode == 0


def test_absent_files_are_said_and_nothing_is_made_up(made):
    import pandas as pd

    rows = pd.read_parquet(made / "data/processed/estimates/royalty_stacked/log_rd.parquet")
    assert rows["estimate"].isna().all()
    assert rows["reason"].str.contains("SB2014_World2500.xlsx").all()


def test_every_exhibit_is_in_the_dag():
    assert len(STUDY["exhibits"]) >= 30
