"""The libraries that most jobs need, imported once in the process from which jobs are forked."""

import linearmodels.panel
import matplotlib.pyplot
import numpy
import pandas
import pyarrow.parquet
import scipy.optimize
import scipy.sparse
import scipy.stats
import seaborn
import statsmodels.api
import typst
import yaml

__all__ = ["linearmodels", "matplotlib", "numpy", "pandas", "pyarrow", "scipy", "seaborn", "statsmodels", "typst", "yaml"]
