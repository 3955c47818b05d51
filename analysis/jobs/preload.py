"""The libraries and the programs that most jobs need, imported once in the process from which jobs are forked."""

import gc
from importlib import import_module
from pkgutil import iter_modules

import highspy
import linearmodels.panel
import matplotlib.pyplot
import moderndid
import numpy
import pandas
import pandera.backends.pandas.builtin_checks
import pandera.pandas
import pyarrow.parquet
import scipy.optimize
import scipy.sparse
import scipy.stats
import seaborn
import statsmodels.api
import typst
import yaml

import analysis

__all__ = [
    "highspy",
    "linearmodels",
    "matplotlib",
    "moderndid",
    "numpy",
    "pandas",
    "pandera",
    "pyarrow",
    "scipy",
    "seaborn",
    "statsmodels",
    "typst",
    "yaml",
]

# Rooms whose programs nearly all jobs run; those of other rooms are small or need libraries that few jobs do.
ROOMS = ("core", "inference", "estimators")

for room in ROOMS:
    for path in analysis.__path__:
        for module in iter_modules([f"{path}/{room}"], f"analysis.{room}."):
            import_module(module.name)

# What is loaded stays: a job that looked through it for garbage would copy the memory that it shares.
gc.collect()
gc.freeze()
