"""Train the models of the paper, and let them and the baselines look at every scan."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import pandas as pd
import torch
from tqdm import tqdm

from neolab.io.cohort import Cohort
from neolab.learn.compute import pick_device
from neolab.studies.raad2023.dataset import Dataset, prepare_cohort
from neolab.studies.raad2023.detectors import AutoencoderDetector, Detector
from neolab.studies.raad2023.evaluation import evaluate
from neolab.studies.raad2023.fit import AutoencoderFit, fit
from neolab.studies.raad2023.localisation import Localisation
from neolab.studies.raad2023.network import Autoencoder
from neolab.studies.raad2023.step import Recipe


def load_dataset(cohort: Cohort, side: int) -> Dataset:
    """Prepare all scans with one thread a core, or take them from the cache."""
    with tqdm(total=len(cohort), unit="scan", disable=None) as bar:
        return prepare_cohort(cohort, side, bar.update)


def train_models(
    names: Sequence[str],
    dataset: Dataset,
    recipe: Recipe,
    *,
    channels: int,
    seed: int,
    deterministic_latent: bool = False,
    checkpointing: bool = False,
) -> dict[str, AutoencoderFit]:
    """Train models one after the other on the normal training scans.

    Parameters
    ----------
    names : sequence of str
        Keys of ``ARCHITECTURES``.
    dataset : Dataset
    recipe : Recipe
    channels, deterministic_latent, checkpointing
        See `Autoencoder`.
    seed : int
        Of the initial weights, the order and the samples; the same for every model.
    """
    train, validation = dataset.part("train"), dataset.part("validation")
    fits = {}
    with tqdm(total=len(names) * recipe.epochs, unit="epoch", disable=None) as bar:
        for name in names:
            torch.manual_seed(seed)
            network = Autoencoder(name, dataset.side, channels, deterministic_latent, checkpointing)
            fits[name] = fit(network, train, validation, recipe, seed, bar.update)
            fits[name].network.cpu()
    return fits


@dataclass(frozen=True)
class Results:
    """What every method says about every scan.

    Attributes
    ----------
    scans : dict of str to DataFrame
        Method -> one row a scan, see `evaluation.measure`.
    located : DataFrame
        One row a method, scan, region and kind of lesion; see `localisation.locate`. Empty without masks.
    """

    scans: dict[str, pd.DataFrame]
    located: pd.DataFrame

    @property
    def bands(self) -> pd.DataFrame:
        """Means of each band by ``method`` and ``role``: ``percent`` of voxels, cluster ``pixels``."""
        rows = []
        for method, scans in self.scans.items():
            bands = [name.removesuffix(" %") for name in scans if name.endswith(" %")]
            means = scans.groupby("role")[[f"{b} {unit}" for b in bands for unit in ("%", "pixels")]].mean()
            for role in ("train", "validation", "test"):
                for band in bands:
                    percent, pixels = means.loc[role, f"{band} %"], means.loc[role, f"{band} pixels"]
                    row = {"method": method, "role": role, "band": band, "percent": percent, "pixels": pixels}
                    rows.append(row)
        return pd.DataFrame(rows)


def examine(detectors: Mapping[str, Detector], dataset: Dataset) -> Results:
    """Let every method look at every scan; maps are measured and let go, only numbers are kept."""
    scans, located = {}, []
    for name, detector in tqdm(detectors.items(), unit="method", disable=None):
        collect = Localisation.of(dataset)
        with on_its_device(detector):
            scans[name] = evaluate(detector, dataset, collect)
        located.append(collect.table().assign(method=name))
    return Results(scans, pd.concat(located, ignore_index=True))


@contextmanager
def on_its_device(detector: Detector) -> Iterator[None]:
    """Put an autoencoder on the GPU, if there is one, while it works; several do not fit there together."""
    if not isinstance(detector, AutoencoderDetector):
        yield
        return
    detector.network.to(pick_device())
    try:
        yield
    finally:
        detector.network.cpu()
