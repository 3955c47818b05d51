"""The configuration of the study, read once for all tests of a process. Who changes it takes a copy."""

from analysis.core.config import load

STUDY = load()
