"""Random numbers and the published reader tables."""

import numpy as np
import pandas as pd
import pytest


@pytest.fixture
def rng():
    return np.random.default_rng(20210103)


@pytest.fixture(params=["VanDyke", "Franken"])
def reader_study(request, real_data):
    """A published multi-reader study: name, truth (cases,), ratings (treatments, cases, readers)."""
    return request.param, *read_reader_study(real_data, request.param)


@pytest.fixture
def van_dyke(real_data):
    """Truth (cases,) and ratings (treatments, cases, readers) of Van Dyke 1993."""
    return read_reader_study(real_data, "VanDyke")


def read_reader_study(folder, name):
    table = pd.read_csv(folder / "mrmc_tables" / f"{name}.csv")
    wide = table.pivot(index="case", columns=["treatment", "reader"], values="rating")
    truth = table.groupby("case").truth.first().loc[wide.index].to_numpy()
    treatments = sorted(table.treatment.unique())
    return truth, np.stack([wide[treatment].to_numpy() for treatment in treatments])
