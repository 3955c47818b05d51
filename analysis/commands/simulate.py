"""Write a simulated cohort of any size, with its true effects, in the layout of the templates. SIMULATED."""

from __future__ import annotations

import argparse

from analysis.core.config import load
from analysis.core.errors import BadOption, unknown
from analysis.jobs.simulate import simulate


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--out", required=True, metavar="FOLDER", help="folder for firm_accounts, financing_events, projects and truth (Parquet)"
    )
    parser.add_argument("--firms", type=int, default=0, help="number of firms (default: config/simulation.yaml)")
    parser.add_argument("--years", type=int, default=0, help="years up to the last one of config/simulation.yaml")
    parser.add_argument("--preset", default="", help="null, as_claimed, half or opposite")
    parser.add_argument("--seed", type=int, default=-1, help="another seed")


def run(chosen: argparse.Namespace) -> int:
    study = load()
    settings = dict(study["simulation"])
    if chosen.firms < 0 or chosen.years < 0:
        raise BadOption("--firms and --years are positive numbers", "firms", chosen.firms, "positive numbers")
    if chosen.preset and chosen.preset not in settings["presets"]:
        raise unknown(chosen.preset, settings["presets"], "--preset", "preset")
    if 0 < chosen.years < 6:
        raise BadOption(
            f"--years {chosen.years}: firms need six years or more to be observed before and after an issue",
            "years",
            chosen.years,
            "six or more",
        )
    settings |= {"firms": chosen.firms or settings["firms"], "preset": chosen.preset or settings["preset"]}
    settings["seed"] = chosen.seed if chosen.seed >= 0 else settings["seed"]
    if chosen.years:
        settings["years"] = [settings["years"][1] - chosen.years + 1, settings["years"][1]]
    simulate(settings, study["raw"], chosen.out)
    print(f"{settings['firms']:,} simulated firms in {chosen.out}")
    return 0
