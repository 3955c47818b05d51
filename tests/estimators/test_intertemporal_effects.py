"""Effects of treatments that rise, fall and change dose: by hand over every switcher, true effects, moderndid. SIMULATED panels."""

import numpy as np
import pandas as pd
import pytest

from analysis.core.errors import BadOption
from analysis.core.estimates import NotIdentified
from analysis.core.specification import Specification
from analysis.estimators import de_chaisemartin_dhaultfoeuille


def simulate(seed=0, units=90, periods=7, doses=(0, 1), holes=0.0, effect=0.8, noise=1.0):
    """Units start at a dose and move up or down at some date, some of them once more the same way; the effect is `effect` a unit of dose."""
    generator, rows = np.random.default_rng(seed), []
    for unit in range(units):
        dose, level, region = generator.choice(doses), generator.normal(), unit % 9
        start = generator.choice([3, 4, 5, 6, 99], p=[0.2, 0.2, 0.15, 0.1, 0.35])
        target = generator.choice([d for d in doses if d != dose])
        for t in range(1, periods + 1):
            d = dose if t < start else target
            if len(doses) > 2 and t >= start + 2:
                d = max(doses) if target > dose else min(doses)
            y = 2 * level + 0.3 * t * (1 + dose) + effect * d + noise * generator.normal()
            rows.append((f"u{unit:02d}", t, y, float(d), region, generator.uniform(0.5, 2), generator.normal()))
    data = pd.DataFrame(rows, columns=["unit", "time", "y", "d", "region", "w", "x"])
    return data[generator.random(len(data)) >= holes].reset_index(drop=True)


def run(data, cluster=(), weights="", controls=(), **options):
    specification = Specification(
        "test", "de_chaisemartin_dhaultfoeuille", "y", "unit", "time", treatment="d", cluster=cluster, weights=weights, controls=controls, options=options
    )  # fmt: skip
    return de_chaisemartin_dhaultfoeuille.estimate(data, specification)


def select_row(rows, term="att", event_time=None):
    return next(row for row in rows if row["term"] == term and row.get("event_time") == event_time)


# ---------------------------------------------------------------------- by hand
class Hand:
    """The paper's definitions, one switcher and one control at a time."""

    def __init__(self, data, weight=None, cluster="unit"):
        self.y, self.d, self.w = {}, {}, {}
        for row in data.itertuples():
            self.y[row.unit, row.time], self.d[row.unit, row.time] = row.y, row.d
            self.w[row.unit, row.time] = getattr(row, weight) if weight else 1.0
        self.units = sorted(data["unit"].unique())
        self.periods = range(data["time"].min(), data["time"].max() + 1)
        self.cluster = data.groupby("unit")[cluster].first().to_dict()
        self.base = {u: next(self.d[u, t] for t in self.periods if (u, t) in self.d) for u in self.units}
        self.date, self.last = {}, {}
        for u in self.units:
            moved = [t for t in self.periods if self.d.get((u, t), self.base[u]) != self.base[u]]
            self.date[u], self.last[u] = (moved[0] if moved else 10**6), 10**6
            if moved and (u, moved[0] - 1) not in self.d:
                self.last[u], self.date[u] = moved[0] - 1, 10**6  # changed in a gap: a control until then
            signs = {}
            for t in moved:
                signs.setdefault(np.sign(self.d[u, t] - self.base[u]), t)
            if len(signs) == 2:
                self.last[u] = min(self.last[u], max(signs.values()) - 1)

    def sign(self, u):
        return 0 if self.date[u] == 10**6 else int(np.sign(self.d[u, self.date[u]] - self.base[u]))

    def difference(self, u, now, base, present):
        """Y_now - Y_base, or None; `present` is the period of the effect, in which the unit must be seen too."""
        seen = all((u, t) in self.y and t <= self.last[u] for t in (now, base, present))
        return self.y[u, now] - self.y[u, base] if seen else None

    def pairs(self, horizon, signs, placebo=False):
        """Yield switcher, period, its difference, and its controls with theirs."""
        for u in self.units:
            t = self.date[u] - 1 + horizon
            base = self.date[u] - 1
            now = base - horizon if placebo else t
            if self.sign(u) not in signs or self.difference(u, now, base, t) is None:
                continue
            controls = {
                v: self.difference(v, now, base, t)
                for v in self.units
                if self.base[v] == self.base[u] and self.date[v] > t and self.difference(v, now, base, t) is not None
            }
            if controls:
                yield u, t, self.difference(u, now, base, t), controls

    def effect(self, horizon, signs=(1, -1), placebo=False):
        total = weight = current = cumulated = 0.0
        for u, t, own, controls in self.pairs(horizon, signs, placebo):
            wu = self.w[u, t]
            mean = sum(self.w[v, t] * value for v, value in controls.items()) / sum(self.w[v, t] for v in controls)
            total += wu * self.sign(u) * (own - mean)
            weight += wu
            current += wu * abs(self.d[u, t] - self.base[u])
            cumulated += wu * sum(abs(self.d[u, s] - self.base[u]) for s in range(self.date[u], t + 1)) if self.whole(u, t) else np.nan
        return total / weight, weight, current / weight, cumulated / weight

    def whole(self, u, t):
        return all((u, s) in self.d for s in range(self.date[u], t + 1))

    def influence(self, horizon, signs=(1, -1), placebo=False):
        """The variance's terms by unit: differences less the mean of their group, groups as in the paper's section on inference."""
        found, weight = dict.fromkeys(self.units, 0.0), self.effect(horizon, signs, placebo)[1]
        for sign in signs:
            cells = {}
            for u, t, own, controls in self.pairs(horizon, (sign,), placebo):
                cells.setdefault((self.base[u], t), [{}, controls])[0][u] = own
            for (_, t), (switchers, controls) in cells.items():
                both = {**switchers, **controls}
                for u, value in switchers.items():
                    alike = {v: x for v, x in switchers.items() if self.d[v, self.date[v]] == self.d[u, self.date[u]]}
                    found[u] += sign * self.w[u, t] / weight * self.centred(value, t, alike, both)
                ratio = sum(self.w[u, t] for u in switchers) / sum(self.w[v, t] for v in controls)
                for v, value in controls.items():
                    found[v] -= sign * self.w[v, t] * ratio / weight * self.centred(value, t, controls, both)
        return found

    def centred(self, value, t, group, fallback):
        for members in (group, fallback):
            n = len({self.cluster[v] for v in members})
            if n >= 2:
                mean = sum(self.w[v, t] * x for v, x in members.items()) / sum(self.w[v, t] for v in members)
                return np.sqrt(n / (n - 1)) * (value - mean)
        return value

    def error(self, terms):
        sums = {}
        for u, value in terms.items():
            sums[self.cluster[u]] = sums.get(self.cluster[u], 0.0) + value
        return np.sqrt(sum(value**2 for value in sums.values()))


SIGNS = {"all": (1, -1), "in": (1,), "out": (-1,)}
DATA = {
    "on_off": {"doses": (0, 1)},
    "dose": {"doses": (0, 1, 2, 4)},
    "unbalanced": {"doses": (0, 1), "holes": 0.12},
    "unbalanced_dose": {"doses": (0, 1, 2), "holes": 0.12},
}


@pytest.mark.parametrize("switchers", SIGNS)
@pytest.mark.parametrize("kind", DATA)
@pytest.mark.parametrize(("cluster", "weights"), [((), ""), (("region",), "w")])
def test_every_switcher_by_hand(kind, switchers, cluster, weights):
    data, signs = simulate(seed=3, **DATA[kind]), SIGNS[switchers]
    hand = Hand(data, weights or None, *cluster)
    rows = run(data, cluster, weights, switchers=switchers, effects=3, placebos=2)
    effects = [hand.effect(horizon, signs) for horizon in (1, 2, 3)]
    terms = [hand.influence(horizon, signs) for horizon in (1, 2, 3)]
    for horizon in (1, 2, 3):
        row = select_row(rows, "event", horizon - 1)
        assert row["estimate"] == pytest.approx(effects[horizon - 1][0], abs=1e-10)
        assert row["std_error"] == pytest.approx(hand.error(terms[horizon - 1]), rel=1e-9)
    for horizon in (1, 2):
        row = select_row(rows, "event", -horizon - 1)
        assert row["estimate"] == pytest.approx(hand.effect(horizon, signs, placebo=True)[0], abs=1e-10)
        assert row["std_error"] == pytest.approx(hand.error(hand.influence(horizon, signs, placebo=True)), rel=1e-9)
    dose = sum(weight * current for _, weight, current, _ in effects)
    assert select_row(rows)["estimate"] == pytest.approx(sum(value * weight for value, weight, *_ in effects) / dose, abs=1e-10)
    whole = {u: sum(e[1] * t[u] for e, t in zip(effects, terms, strict=True)) / dose for u in hand.units}
    assert select_row(rows)["std_error"] == pytest.approx(hand.error(whole), rel=1e-9)


@pytest.mark.parametrize("switchers", SIGNS)
@pytest.mark.parametrize("kind", ["on_off", "dose"])
def test_normalized_effects_are_effects_over_the_dose_received(kind, switchers):
    data = simulate(seed=4, **DATA[kind])
    hand, rows = Hand(data), run(data, switchers=switchers, effects=3, placebos=2, normalized=True)
    for horizon in (1, 2, 3):
        value, _, _, cumulated = hand.effect(horizon, SIGNS[switchers])
        assert select_row(rows, "event", horizon - 1)["estimate"] == pytest.approx(value / cumulated, abs=1e-10)
        error = hand.error(hand.influence(horizon, SIGNS[switchers])) / cumulated
        assert select_row(rows, "event", horizon - 1)["std_error"] == pytest.approx(error, rel=1e-9)
    value, _, _, cumulated = hand.effect(2, SIGNS[switchers], placebo=True)
    assert select_row(rows, "event", -3)["estimate"] == pytest.approx(value / cumulated, abs=1e-10)


@pytest.mark.parametrize("kind", ["on_off", "dose"])
@pytest.mark.parametrize("switchers", SIGNS)
def test_the_true_effect_a_unit_of_dose_without_noise(kind, switchers):
    """Rising and falling units have the same effect of more treatment: what falls does not count with the wrong sign."""
    rows = run(simulate(noise=0.0, **DATA[kind]), switchers=switchers, effects=3, placebos=2)
    assert select_row(rows)["estimate"] == pytest.approx(0.8, abs=1e-12)
    assert select_row(rows, "event", -2)["estimate"] == pytest.approx(0.0, abs=1e-12)
    if kind == "on_off":
        assert [select_row(rows, "event", e)["estimate"] for e in range(3)] == pytest.approx([0.8] * 3, abs=1e-12)
    else:
        assert select_row(run(simulate(noise=0.0, **DATA[kind]), switchers=switchers, normalized=True), "event", 0)[
            "estimate"
        ] == pytest.approx(0.8)


def test_turning_the_dose_around_turns_the_effects_around():
    data = simulate(doses=(0, 1, 2, 4))
    turned = data.assign(d=4 - data["d"])
    for first, second in (("all", "all"), ("in", "out"), ("out", "in")):
        ours = run(data, switchers=first, effects=3, placebos=2, cluster=("region",))
        theirs = run(turned, switchers=second, effects=3, placebos=2, cluster=("region",))
        for a, b in zip(ours, theirs, strict=True):
            assert a["estimate"] == pytest.approx(b["estimate"] * (1 if a["term"] == "pretrend" else -1), rel=1e-9)
            assert a.get("std_error") == pytest.approx(b.get("std_error"), rel=1e-9, nan_ok=True)


def test_moderndid_where_it_is_right():
    """Units that rise, without clusters; there it is right on estimates and errors of effects and placebos."""
    from moderndid import did_multiplegt

    data = simulate(seed=5)
    data = data[data.groupby("unit")["d"].transform("first") == 0]
    theirs = did_multiplegt(data.assign(i=pd.factorize(data["unit"])[0]), "y", "time", "i", "d", effects=3, placebo=2)
    rows = run(data, effects=3, placebos=2)
    for part, times in ((theirs.effects, (0, 1, 2)), (theirs.placebos, (-2, -3))):
        for event_time, value, error in zip(times, part.estimates, part.std_errors, strict=True):
            assert select_row(rows, "event", event_time)["estimate"] == pytest.approx(value, abs=1e-10)
            assert select_row(rows, "event", event_time)["std_error"] == pytest.approx(error, rel=1e-9)
    assert select_row(rows)["estimate"] == pytest.approx(theirs.ate.estimate, abs=1e-10)


# ---------------------------------------------------------------------- inference
def jackknife(data, column, **more):
    groups = data[column].unique()
    left = np.array([select_row(run(data[data[column] != g], **more))["estimate"] for g in groups])
    return np.sqrt((len(groups) - 1) / len(groups) * ((left - left.mean()) ** 2).sum())


def test_shocks_that_hit_rising_and_falling_units_of_a_cluster_cancel():
    """In the effect the two count with opposite signs, so that a common shock of their cluster must not add to the error."""
    generator = np.random.default_rng(7)
    shock = {(c, t): generator.normal() for c in range(40) for t in range(1, 6)}
    rows = []
    for c in range(40):
        for base in (0, 1):
            for member in range(3):
                date = 3 if member == 0 and c % 2 == 0 else 99
                for t in range(1, 6):
                    d = base if t < date else 1 - base
                    rows.append((f"{c}.{base}.{member}", t, shock[c, t] + 0.5 * d + 0.1 * generator.normal(), float(d), c))
    data = pd.DataFrame(rows, columns=["unit", "time", "y", "d", "city"])
    error = select_row(run(data, ("city",)))["std_error"]
    assert error == pytest.approx(jackknife(data, "city", cluster=("city",)), rel=0.1)
    assert error < 0.1 < select_row(run(data, ("city",), switchers="in"))["std_error"]


@pytest.mark.parametrize("controls", [(), ("x",), ("x", "w")])
def test_errors_are_those_of_leaving_units_out(controls):
    data = simulate(seed=8, units=80, periods=5)
    data["y"] += 0.5 * data["x"]
    assert select_row(run(data, controls=controls, effects=2))["std_error"] == pytest.approx(
        jackknife(data, "unit", controls=controls, effects=2), rel=0.08
    )


# ---------------------------------------------------------------------- controls
def test_controls_by_a_regression_with_dummies():
    """Slopes of changes on changes before any change of dose, with a dummy per period, for each first dose."""
    data = simulate(seed=9, units=150)
    data["y"] += 0.7 * data["x"] - 0.4 * data["w"]
    hand = Hand(data)
    adjusted = data.copy()
    for base in (0.0, 1.0):
        rows, values = [], {(r.unit, r.time): (r.y, r.x, r.w) for r in data.itertuples()}
        for u in hand.units:
            for t in hand.periods:
                if hand.base[u] == base and hand.date[u] > t and t > 1:
                    change = np.subtract(values[u, t], values[u, t - 1])
                    rows.append([*change, *(float(t == s) for s in range(2, 8))])
        table = np.array(rows)
        slope = np.linalg.lstsq(table[:, 1:], table[:, 0], rcond=None)[0][:2]
        own = adjusted["unit"].map(hand.base) == base
        adjusted.loc[own, "y"] -= adjusted.loc[own, ["x", "w"]].to_numpy() @ slope
    found, plain = run(data, controls=("x", "w"), effects=2, placebos=1), run(adjusted, effects=2, placebos=1)
    for a, b in zip(found, plain, strict=True):
        assert a["estimate"] == pytest.approx(b["estimate"], abs=1e-10)


def test_units_of_outcome_and_controls():
    data = simulate(seed=9, holes=0.05)
    base = run(data, controls=("x",), effects=2, placebos=2)
    other = run(data.assign(y=data["y"] * 1e9 + 3e9, x=data["x"] * 1e-9), controls=("x",), effects=2, placebos=2)
    for a, b in zip(base, other, strict=True):
        factor = 1.0 if a["term"] == "pretrend" else 1e9
        assert b["estimate"] == pytest.approx(a["estimate"] * factor, rel=1e-8)
        assert b.get("p_value") == pytest.approx(a.get("p_value"), rel=1e-6)


def test_controls_without_changes_are_named():
    data = simulate()
    data["born"] = data["unit"].str.slice(1).astype(float)
    with pytest.raises(NotIdentified, match="born"):
        run(data, controls=("born",))
    with pytest.raises(NotIdentified, match="x, twice"):
        run(data.assign(twice=2 * data["x"]), controls=("x", "twice"))


# ---------------------------------------------------------------------- gaps, and what cannot be done
def test_a_change_inside_a_gap_has_no_date():
    data = simulate(noise=0.3)
    hand = Hand(data)
    unit = next(u for u in hand.units if hand.date[u] == 5)
    gap = data[~((data["unit"] == unit) & data["time"].isin([4]))]
    rows, without = run(gap, effects=2), run(data[data["unit"] != unit], effects=2)
    assert "units whose change lies in a gap: 1" in select_row(rows)["reason"]
    assert select_row(rows, "event", 0)["n_treated"] == select_row(without, "event", 0)["n_treated"]
    assert select_row(rows, "event", 0)["estimate"] == pytest.approx(Hand(gap).effect(1)[0], abs=1e-10)


def test_a_wave_that_nobody_has_is_no_neighbour():
    data = simulate(periods=8)
    gap = data[data["time"] != 4]
    rows = run(gap, effects=3)
    dated = {u for u, t in Hand(gap).date.items() if t != 10**6}
    assert dated and all(Hand(data).date[u] not in (4, 5) for u in dated)
    for horizon in (1, 2, 3):
        assert select_row(rows, "event", horizon - 1)["estimate"] == pytest.approx(Hand(gap).effect(horizon)[0], abs=1e-10)


def test_a_dose_unknown_inside_a_gap_is_not_made_up():
    """Normalized effects leave the switcher out; a gap with one dose on both sides holds that dose."""
    rows = [(f"n{i}", t, float(i), 0.0) for i in range(4) for t in range(1, 7)]
    rows += [(f"s{i}", t, 10.0 + i + 2.0 * (t >= 3), 1.0 * (t >= 3) + 1.0 * (t >= 5)) for i in range(3) for t in range(1, 7)]
    data = pd.DataFrame(rows, columns=["unit", "time", "y", "d"])
    full = select_row(run(data, effects=4, normalized=True), "event", 3)
    assert full["estimate"] == pytest.approx(2.0 / (1 + 1 + 2 + 2))
    same = data[~((data["unit"] == "s0") & (data["time"] == 4))]  # 1 before and 2 after: unknown
    assert select_row(run(same, effects=4, normalized=True), "event", 3)["n_treated"] == 2
    agrees = data[~((data["unit"] == "s0") & (data["time"] == 6))]
    assert select_row(run(agrees, effects=4, normalized=True), "event", 2)["n_treated"] == 3
    level = data.assign(d=(data["d"] > 0).astype(float))
    holed = level[~((level["unit"] == "s0") & (level["time"] == 4))]
    assert select_row(run(holed, effects=4, normalized=True), "event", 3)["estimate"] == pytest.approx(2.0 / 4)


def test_rounding_makes_no_new_dose():
    data = simulate(doses=(0, 1, 2))
    noisy = data.assign(d=data["d"] * 0.1 * 3)
    clean = data.assign(d=np.round(data["d"] * 0.3, 10))
    assert select_row(run(noisy))["estimate"] == pytest.approx(select_row(run(clean))["estimate"], rel=1e-9)
    drift = noisy.assign(d=noisy["d"] + np.where(noisy["time"] % 2 == 0, 1e-16, 0.0))
    assert select_row(run(drift))["estimate"] == pytest.approx(select_row(run(noisy))["estimate"], rel=1e-9)


def test_a_horizon_that_nobody_reaches_says_so():
    rows = run(simulate(), effects=9, placebos=8)
    assert "no switcher" in select_row(rows, "event", 8)["reason"] and "estimate" not in select_row(rows, "event", 8)
    assert "no switcher" in select_row(rows, "event", -9)["reason"]
    assert "no switcher" in select_row(rows, "pretrend")["reason"]


def test_refusals_say_why():
    data = simulate()
    with pytest.raises(NotIdentified, match="changes in no unit"):
        run(data.assign(d=1.0))
    rising = data[data.groupby("unit")["d"].transform("first") == 0]
    with pytest.raises(NotIdentified, match="falls first in no unit"):
        run(rising, switchers="out")
    with pytest.raises(NotIdentified, match="same first treatment"):
        run(data.assign(d=data["d"] + 10 * data["unit"].str.slice(1).astype(float)))
    with pytest.raises(NotIdentified, match="nested in clusters"):
        run(data.assign(region=data["time"]), ("region",))
    with pytest.raises(NotIdentified, match="not positive"):
        run(data.assign(w=0.0), weights="w")
    with pytest.raises(BadOption, match="at least 1"):
        run(data, effects=0)


def test_switchers_without_a_comparable_unit_are_counted():
    data = simulate(doses=(0, 1))
    lonely = data[data["unit"] == data.loc[data["d"].diff() == 1, "unit"].iloc[0]].assign(unit="alone", d=lambda f: f["d"] + 7)
    rows = run(pd.concat([data, lonely], ignore_index=True))
    assert "switchers enter no effect" in select_row(rows)["reason"]
    assert select_row(rows)["estimate"] == pytest.approx(select_row(run(data))["estimate"], abs=1e-12)
