"""Fixtures of the study; makes ``preterm_folders`` importable by the tests beside it."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from preterm_folders import data_of, write_dhcp

from neolab.io.cohort import Cohort
from neolab.studies.gloresnet2026.data import Data


@pytest.fixture
def dhcp(tmp_path) -> Cohort:
    """Eight infants, one of whom has a score that says nothing."""
    return Cohort.load(write_dhcp(tmp_path, ["1", "2", "3", "5", "Q", "4", "1", "2"]), study="gloresnet2026")


@pytest.fixture(scope="session")
def blobs() -> Data:
    """Twenty noisy cubes; half hold a bright blob off the middle and count as injured."""
    rng = np.random.default_rng(0)
    volumes = rng.normal(size=(20, 1, 32, 32, 32)).astype(np.float32)
    labels = np.arange(20) % 2
    volumes[labels == 1, :, 6:14, 10:22, 10:22] += 2.0
    return data_of(volumes, labels)
