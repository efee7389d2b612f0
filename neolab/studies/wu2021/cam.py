"""Class activation maps (Zhou et al., CVPR 2016): which part of the picture speaks for a class.

    M_c(x, y) = sum_k w_ck f_k(x, y)

with f_k the maps of the last convolution and w_ck the weights of the fully connected layer.
"""

import numpy as np
import torch
from torch import Tensor

from neolab.studies.wu2021.network import AbeNetwork


@torch.no_grad()
def class_activation_maps(network: AbeNetwork, pictures: Tensor, label: int = 1) -> np.ndarray:
    """Return the maps of one class.

    Parameters
    ----------
    network : AbeNetwork
    pictures : Tensor, (N, 1, S, S)
    label : int
        1 ABE, 0 HB.

    Returns
    -------
    ndarray, (N, S/32, S/32)
        Their mean over the picture plus the bias is the logit of the class.
    """
    network.eval()
    features = torch.cat([network.feature_maps(batch) for batch in pictures.split(16)])
    return torch.einsum("k,nkhw->nhw", network.head.weight[label], features).cpu().numpy()


def enlarge(activation: np.ndarray, image_size: int) -> np.ndarray:
    """Enlarge one map (h, w) to the picture's size and scale it to [0, 1]."""
    from skimage.transform import resize

    large = resize(activation, (image_size, image_size), order=1, mode="edge")
    spread = large.max() - large.min()
    return (large - large.min()) / spread if spread > 0 else np.zeros_like(large)


def central_share(activations: np.ndarray, size: int = 64) -> np.ndarray:
    """Return the share of each map's weight in the middle quarter of the picture.

    Parameters
    ----------
    activations : ndarray, (N, h, w)
        Each is shifted so that its smallest value is zero; an even map gives 0.25.
    size : int
        Rows and columns at which the maps are compared.

    Returns
    -------
    ndarray, (N,)
    """
    inner = slice(size // 4, size - size // 4)
    large = np.stack([enlarge(one, size) for one in activations])
    total = large.sum(axis=(1, 2))
    return np.where(total > 0, large[:, inner, inner].sum(axis=(1, 2)) / np.where(total > 0, total, 1), 0.25)
