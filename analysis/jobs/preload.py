"""The libraries that most jobs need, imported once in the process from which jobs are forked."""

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
