"""SIMULATED. The true effects of the simulated cohort; absent where a reader's own files are present."""

from analysis.core.storage import read_table


def clean(true_effects_raw):
    """Return quantity, at ('overall' or years since the first issue), value, cells and preset."""
    truth = read_table(true_effects_raw.paths["truth"])
    return truth.astype({"quantity": "string", "at": "string", "preset": "string", "cells": "Int64"})
