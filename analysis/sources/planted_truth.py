"""SIMULATED. What was planted in the simulated cohort; absent where a reader's own files are present."""

from analysis.core.storage import read_table


def clean(planted):
    """Return quantity, at ('overall' or years since the first issue), value, cells and preset."""
    truth = read_table(planted.paths["truth"])
    return truth.astype({"quantity": "string", "at": "string", "preset": "string", "cells": "Int64"})
