"""Where the networks look, and how their features lie: Grad-CAM of held-out infants, and t-SNE."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import torch
from torch import nn

from neolab.learn.attribution import grad_cam
from neolab.learn.compute import seeded
from neolab.learn.folds import OutOfFold
from neolab.metrics.bootstrap import bootstrap_estimate
from neolab.metrics.estimate import Estimate
from neolab.studies.gloresnet2026.data import Data, brain_of, resample
from neolab.studies.gloresnet2026.settings import Setting

#: Seed of the first untrained network, apart from those of the folds.
UNTRAINED_SEED = 77

#: The network of each fold.
Networks = Sequence[nn.Module]


def contenders(result: OutOfFold, setting: Setting) -> dict[str, Networks]:
    """The networks of the first training, and as many that have learnt nothing."""
    trained = [fit.network for (repeat, _), fit in sorted(result.fits.items()) if repeat == 0]
    untrained = [seeded(setting.build, UNTRAINED_SEED + fold) for fold in range(len(trained))]
    return {"trained": trained, "untrained": untrained}


def injured_with_lesions(data: Data) -> np.ndarray:
    """Rows of injured infants whose lesions the folder shows."""
    shown = [data.cohort.there(row, "lesion_mask") for row in range(len(data.table))]
    return np.flatnonzero(np.array(shown, bool) & (data.labels == 1))


def telling_rows(truth: np.ndarray, probability: np.ndarray, injured: np.ndarray) -> list[int]:
    """Rows to look at: the three surest and the least sure of ``injured``, and the surest false alarm."""
    surest = injured[np.argsort(-probability[injured])]
    false_alarm = int(np.argmax(np.where(truth == 0, probability, -1)))
    return list(dict.fromkeys([*surest[:3].tolist(), int(surest[-1]), false_alarm]))


def held_out_maps(
    data: Data, networks: Networks, fold_of: np.ndarray, rows: Sequence[int], stage: int = 4
) -> list[np.ndarray]:
    """Grad-CAM for injury of some scans, each by the network of the fold that tests it.

    Parameters
    ----------
    data : Data
    networks : sequence of nn.Module
        One a fold.
    fold_of : array of int, shape (n,)
        The fold that tests each scan.
    rows : sequence of int
    stage : {1, 2, 3, 4}
        Whose maps are weighed. The last, the usual choice, has N/32 voxels along a side.

    Returns
    -------
    list of array, shape (N, N, N)
        0 to 1; all 0 where no map speaks for injury.
    """
    rows = np.asarray(rows)
    maps: dict[int, np.ndarray] = {}
    for number, network in enumerate(networks):
        own = rows[fold_of[rows] == number]
        if len(own):
            maps |= dict(zip(own, grad_cam(network, data.volumes[own], layer=f"layer{stage}"), strict=True))
    return [maps[row] for row in rows]


def lesion_ratios(
    data: Data, rivals: Mapping[str, Networks], fold_of: np.ndarray, rows: Sequence[int], stage: int = 4
) -> pd.DataFrame:
    """How much more of each map lies in the lesions than an even map would put there.

    Parameters
    ----------
    data : Data
        Its cohort has ``lesion_mask`` and ``brain_mask``.
    rivals : mapping of str to sequence of nn.Module
        Name -> one network a fold, such as trained and untrained ones.
    fold_of, rows, stage
        As for `held_out_maps`; scans with lesions.

    Returns
    -------
    DataFrame
        One row a scan, one column a name; see `mass_ratio`.
    """
    regions = [_lesion_and_brain(data, row) for row in rows]
    ratios = {
        name: [
            mass_ratio(cam, *region)
            for cam, region in zip(held_out_maps(data, networks, fold_of, rows, stage), regions, strict=True)
        ]
        for name, networks in rivals.items()
    }
    return pd.DataFrame(ratios, index=pd.Index(rows, name="row"))


def _lesion_and_brain(data: Data, row: int) -> tuple[np.ndarray, np.ndarray]:
    """Lesions and brain on the cube that the network sees."""
    image, side = data.cohort.read(row, "T2w"), data.volumes.shape[-1]
    lesion = data.cohort.read(row, "lesion_mask").onto(image, "nearest").data
    masks = lesion, brain_of(data.cohort, row, image)
    return tuple(resample(mask.astype(np.float32), side) > 0.25 for mask in masks)


def mass_ratio(cam: np.ndarray, region: np.ndarray, within: np.ndarray) -> float:
    """How much more of a map lies in a region than an even map would put there.

    Parameters
    ----------
    cam : array, shape (N, N, N)
        At least 0.
    region, within : array of bool, shape (N, N, N)
        Such as lesions, and the brain that holds them.

    Returns
    -------
    float
        1 for an even map; NaN where the region or the map within the brain is empty.
    """
    region = region & within
    total = float(cam[within].sum())
    if not region.any() or total == 0:
        return float("nan")
    return float(cam[region].sum()) / total / (region.sum() / within.sum())


def median_ratios(table: pd.DataFrame, n_resamples: int) -> dict[str, Estimate]:
    """Column -> median over infants of a table of `lesion_ratios`, with an interval from a bootstrap."""
    return {name: median_ratio(table[name], n_resamples) for name in table}


def median_ratio(ratios: pd.Series, n_resamples: int) -> Estimate:
    """Median over infants with a bootstrap interval; undefined where nobody has a map and a lesion."""
    known = ratios.dropna().to_numpy()
    if not len(known):
        return Estimate(float("nan"), n=0, method="no infant with a map and a lesion")
    return bootstrap_estimate(lambda rows: float(np.median(known[rows])), len(known), n_resamples=n_resamples)


@torch.no_grad()
def embed(network: nn.Module, data: Data, batch_size: int = 16) -> np.ndarray:
    """Feature vectors before the classifier, (n, n_features)."""
    network.eval()
    device = next(network.parameters()).device
    parts = [network.embed(batch.to(device)).cpu() for batch in data.volumes.split(batch_size)]
    return torch.cat(parts).numpy()


def tsne(features: np.ndarray, seed: int = 0) -> np.ndarray:
    """Two-dimensional t-SNE (van der Maaten and Hinton 2008) of feature vectors, (n, 2).

    Perplexity 30 as usual, or a third of the scans where they are fewer than 90.
    """
    from sklearn.manifold import TSNE

    perplexity = min(30.0, max(2.0, len(features) / 3))
    return TSNE(perplexity=perplexity, init="pca", random_state=seed).fit_transform(features)


def neighbour_agreement(points: np.ndarray, labels: np.ndarray, k: int = 5) -> np.ndarray:
    """Share of the ``k`` nearest other points that have a point's own label, (n,)."""
    nearest = [np.argsort(((points - point) ** 2).sum(axis=1))[1 : k + 1] for point in points]
    return np.array([(labels[rows] == label).mean() for rows, label in zip(nearest, labels, strict=True)])
