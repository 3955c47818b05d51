"""Accelerated failure time with log-logistic durations, right- or interval-censored."""

from __future__ import annotations

from analysis.estimators._accelerated_failure import declared

METHOD, estimate = declared("log-logistic", "loglogistic")
