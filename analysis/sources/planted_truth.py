"""SIMULATED. What was planted in the simulated cohort; absent where a reader's own files are present."""

import pandas as pd


def clean(planted):
    """Return quantity, at ('overall' or years since the first issue), value, cells and preset."""
    truth = pd.read_parquet(planted.paths["truth"])
    return truth.astype({"quantity": "string", "at": "string", "preset": "string", "cells": "Int64"})
