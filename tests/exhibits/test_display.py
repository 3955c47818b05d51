"""Tables and figures as written."""

import json

import pandas as pd
import pytest
from matplotlib import pyplot

from analysis.core.catalogue import ROOT
from analysis.exhibits.cells import count, enumerated, interval, number, p_value, percent
from analysis.exhibits.display import Table, drawn, minus, placeholder_figure, save_figure, save_table
from analysis.exhibits.products import refused_estimates

pytestmark = pytest.mark.fast


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("-0.5", "−0.5"),
        ("[-0.5, -0.1]", "[−0.5, −0.1]"),
        ("2021-12-31", "2021-12-31"),
        ("CN-2018-01", "CN-2018-01"),
        ("15-32", "15-32"),
        ("(-1.2)", "(−1.2)"),
        ("-0.000", "0.000"),
        ("[-0.00, -0.01]", "[0.00, −0.01]"),
        ("-0 %", "0 %"),
    ],
)
def test_minus_signs_and_no_other_hyphens(text, shown):
    assert minus(text) == shown


def test_cells():
    assert (number(-0.1234, 2), interval(-1, 2, 1), p_value(0.0004), p_value(0.04), count(12345)) == (
        "−0.12",
        "[−1.0, 2.0]",
        "<0.001",
        "0.040",
        "12,345",
    )
    assert (number(-0.0001), percent(0.537), percent(0.9979, 1)) == ("0.000", "54 %", "99.8 %")
    assert [enumerated(some) for some in ([], ["GDP"], ["Sales", "R&D to GDP"], ["Sales", "GDP", "Total R&D"])] == [
        "none",
        "GDP",
        "sales and R&D to GDP",
        "sales, GDP and total R&D",
    ]
    assert number(float("nan")) == interval(float("nan"), 1) == count(pd.NA) == ""


def save(tmp_path, evidence):
    paths = {form: str(tmp_path / f"t.{form}") for form in ("csv", "tex", "html", "json")}
    table = Table(pd.DataFrame({"Name": ["Head", "R&D 5 %"], "x": ["", "−0.5"]}), data=pd.DataFrame({"x": [-0.512345]}), bold=(0,))
    save_table(table, paths, evidence)
    return {form: (tmp_path / f"t.{form}").read_text(encoding="utf-8") for form in paths}


def test_a_table_in_four_formats(tmp_path):
    text = save(tmp_path, "real")
    assert "-0.512345" in text["csv"]  # unrounded
    assert r"\toprule" in text["tex"]
    assert r"R\&D 5 \%" in text["tex"]
    assert "R&amp;D" in text["html"]
    assert json.loads(text["json"])["bold"] == [0]
    assert not any("SIMULATED" in form for form in text.values())


def test_simulated_tables_are_marked_in_every_format(tmp_path):
    text = save(tmp_path, "simulated")
    assert all("SIMULATED" in text[form] for form in ("csv", "tex", "html"))
    assert json.loads(text["json"])["evidence"] == "simulated"


def test_the_same_figure_has_the_same_bytes(tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")
    for name in ("one", "two"):
        save_figure(placeholder_figure("no workbooks"), [str(tmp_path / f"{name}.pdf"), str(tmp_path / f"{name}.png")], "real")
    assert (tmp_path / "one.pdf").read_bytes() == (tmp_path / "two.pdf").read_bytes()
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


def test_data_behind_a_figure_are_what_its_marks_show():
    figure, axes = pyplot.subplots()
    axes.set_title("One", loc="left")
    axes.plot([1, 2], [3.0, 4.5], label="path")
    axes.axhline(0)
    axes.scatter([5], [6])
    axes.bar([7], [2.5], width=0.5)
    data = drawn(figure)
    pyplot.close(figure)
    line = data[data["mark"] == "line"]
    assert line[["x", "y"]].to_numpy().tolist() == [[1, 3.0], [2, 4.5]] and set(line["series"]) == {"path"}
    assert data.loc[data["mark"] == "point", ["x", "y"]].to_numpy().tolist() == [[5, 6]]
    assert data.loc[data["mark"] == "bar", ["x", "width", "height"]].to_numpy().tolist() == [[6.75, 0.5, 2.5]]
    assert set(data["axes"]) == {"1: One"}


def test_data_behind_a_simulated_figure_say_so(tmp_path):
    figure, axes = pyplot.subplots()
    axes.plot([1, 2], [3, 4])
    save_figure(figure, [str(tmp_path / "one.csv")], "simulated")
    assert (tmp_path / "one.csv").read_text().splitlines()[1].startswith("SIMULATED,")


def test_a_figure_of_refused_estimates_says_why():
    refused = pd.DataFrame({"estimate": [None], "reason_code": ["SUPPORT"], "reason": ["units have several rows"]})
    found = pd.DataFrame({"estimate": [1.0], "reason_code": [None], "reason": [None]})
    assert refused_estimates({"curves": refused, "titles": pd.DataFrame({"a": [1]})}) == "units have several rows"
    assert not refused_estimates({"curves": refused, "other": found})
    assert not refused_estimates({"titles": pd.DataFrame({"a": [1]})})


def test_a_figure_without_data_is_refused():
    figure, axes = pyplot.subplots()
    axes.plot([], [], label="nothing")
    with pytest.raises(ValueError, match="no datum"):
        drawn(figure)
    pyplot.close(figure)
    assert drawn(placeholder_figure("no estimate."))["series"].tolist() == ["Not drawn: no estimate."]


@pytest.mark.parametrize("path", sorted((ROOT / "paper" / "tables").glob("*.csv")), ids=lambda path: path.stem)
def test_no_archived_table_holds_a_refusal_of_the_entrance(path):
    """A specification of the study whose columns do not fit its method is a mistake in the configuration, and no result."""
    table = pd.read_csv(path, dtype=str)
    assert "reason" not in table or not table["reason"].fillna("").str.startswith("the data, row").any()
