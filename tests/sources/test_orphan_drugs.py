"""Orphan drugs: what the lists hold, and lists that contradict each other or themselves, refused by name."""

import pandas as pd
import pytest

from analysis.core.errors import DataError
from analysis.core.rawfiles import load
from analysis.sources import orphan_approvals, orphan_designations, sponsor_events
from analysis.sources._sponsors import one_name
from tests.raw import cleaned, contract

pytestmark = pytest.mark.fast


@pytest.fixture(scope="module")
def lists():
    return {name: load(contract(name)) for name in ("orphan_designation_list", "orphan_approval_list", "orphan_sponsor_list")}


def test_the_cohort_is_whole():
    found = cleaned("orphan_designations")
    assert len(found) == 5949 and found["designation_id"].is_unique
    assert found["designated"].max() <= "2022-01-13"
    assert found["first_approved"].notna().sum() == 1032
    assert (found["withdrawn_by"].notna() & found["first_approved"].isna()).sum() == 874


def test_later_designations_are_in_no_project_but_count_as_approvals():
    approvals = cleaned("orphan_approvals")
    later = approvals[approvals["designated"] > "2022-01-13"]
    assert len(later) and not later["designation_id"].isin(cleaned("orphan_designations")["designation_id"]).any()
    assert approvals.loc[approvals["first"], "designation_id"].is_unique


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [
        ("withdrawn_by", pd.NA, "both ends of its bracket"),
        ("withdrawn_after", "2021-12-31", "withdrawn_after lies after withdrawn_by"),
        ("withdrawn_after", "1980-01-01", "before it was made"),
        ("designated", "2022-02-01", "known only if approved"),
    ],
)
def test_a_designation_that_contradicts_itself(lists, column, value, rule):
    designations = lists["orphan_designation_list"].copy()
    row = designations.index[designations["withdrawn_by"] == "2017-01-31"][3]
    designations.loc[row, column] = value
    with pytest.raises(DataError, match=f"designation {designations.loc[row, 'designation_id']} .*{rule}"):
        orphan_designations.clean(designations, lists["orphan_approval_list"], lists["orphan_sponsor_list"])


def test_an_approval_with_another_day_of_designation(lists):
    approvals = lists["orphan_approval_list"].copy()
    approvals.loc[approvals.index[7], "designated"] = "1999-09-09"
    with pytest.raises(DataError, match="designated 1999-09-09 is not the day in orphan_designation_list"):
        orphan_designations.clean(lists["orphan_designation_list"], approvals, lists["orphan_sponsor_list"])


def test_a_company_without_an_event(lists):
    sponsors = lists["orphan_sponsor_list"].copy()
    sponsors.loc[sponsors.index[2], "company"] = "NOBODY INC."
    with pytest.raises(DataError, match=r"names the company 'NOBODY INC\.', which no event"):
        sponsor_events.clean(load(contract("ip_financing_events")), sponsors)


def test_approvals_are_credited_to_the_sponsor_of_the_designation(lists):
    found = orphan_approvals.clean(lists["orphan_approval_list"], lists["orphan_designation_list"], lists["orphan_sponsor_list"])
    # Sold since: the list of 2026 names another holder than the first snapshot.
    sponsor = lists["orphan_designation_list"].set_index("designation_id")["sponsor"]
    both = found[found["designation_id"].isin(sponsor.index) & found["designation_id"].map(sponsor).notna()]
    assert (both["designation_id"].map(sponsor) != both["holder"]).mean() > 0.1
    assert (both["sponsor"] == one_name(both["designation_id"].map(sponsor), lists["orphan_sponsor_list"])).all()


def test_dates_by_month_or_year_count_from_their_end():
    dates = sponsor_events.last_days(pd.Series(["2018", "2018-02", "2018-02-03", pd.NA], dtype="string"))
    assert dates.tolist()[:3] == ["2018-12-31", "2018-02-28", "2018-02-03"] and pd.isna(dates[3])


def test_one_name_drops_legal_forms_and_nothing_else():
    known = pd.DataFrame({"sponsor": ["Acme Royalty, LLC"], "company": ["ACME"]})
    printed = pd.Series(["Acme Royalty, LLC", "Bolt Pharma, Inc.", "BOLT PHARMA", "Co. Ltd.", pd.NA], dtype="string")
    assert one_name(printed, known).tolist()[:4] == ["ACME", "bolt pharma", "bolt pharma", "co ltd"]
    assert pd.isna(one_name(printed, known)[4])
