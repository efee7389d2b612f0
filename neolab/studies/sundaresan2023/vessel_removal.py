"""Paint over vessels and sulci: long bright structures whose cross-sections look like microbleeds.

Two features of each pixel, Frangi's vesselness and the linearity of the structure tensor, are split into two
clusters in each axial slice; the smaller cluster is vessel. Round compact regions are given back, because
they may be microbleeds, and the rest is filled from its surroundings.
"""

import numpy as np
from scipy import ndimage as ndi

# Scale range of the authors' code of 2021-23: .5 to 1.2 in steps of .2, with Frangi's beta .9.
SIGMAS = (0.5, 0.7, 0.9, 1.1)
BETA = 0.9
# A region is kept as a possible microbleed if it is round and compact.
ROUND_ECCENTRICITY, COMPACT_SOLIDITY = 0.9, 0.5
# Specks of fewer pixels have no shape to judge; they are left alone.
SMALLEST_REGION = 4


def remove_vessels(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return the image with vessels in-painted.

    Parameters
    ----------
    image : ndarray (X, Y, Z)
        Vessels and microbleeds bright, in 0..1.
    mask : ndarray of bool
        Brain.
    """
    return inpaint(image, vessel_mask(image, mask))


def vessel_mask(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Pixels of elongated bright structures, bool (X, Y, Z)."""
    padded = fill_outside(image, mask)
    features = np.stack([vesselness(padded), linearity(padded)], axis=-1)
    chosen = np.zeros(image.shape, bool)
    for z in range(image.shape[2]):
        inside = mask[:, :, z]
        if inside.sum() >= 50:
            chosen[:, :, z][inside] = smaller_cluster(features[:, :, z][inside])
    return _elongated_only(chosen)


def fill_outside(image: np.ndarray, mask: np.ndarray, sigma: float = 2.0) -> np.ndarray:
    """Continue the image beyond the mask with its own local mean, so that the rim is not an edge."""
    blur = (sigma, sigma, 0)
    weight = ndi.gaussian_filter(mask.astype(np.float32), blur)
    mean = ndi.gaussian_filter((image * mask).astype(np.float32), blur) / np.maximum(weight, 1e-3)
    return np.where(mask, image, mean)


def vesselness(
    image: np.ndarray, sigmas=SIGMAS, beta: float = BETA, gamma: float | None = None
) -> np.ndarray:
    """Frangi's 2-D filter for bright ridges, slice by slice, largest response over ``sigmas``.

    Parameters
    ----------
    gamma : float, optional
        Structureness below which the response fades; half the largest Hessian norm when absent.

    Notes
    -----
    Departure: the code's gamma of 20 belongs to images in 0..255; on 0..1 it would switch the filter off.
    """
    image = np.asarray(image, np.float32)
    best = np.zeros(image.shape, np.float32)
    for sigma in sigmas:
        small, large = _hessian_eigenvalues(image, sigma)
        norm2 = small**2 + large**2
        level = gamma or 0.5 * float(np.sqrt(norm2.max()))
        blob2 = (small / np.where(large == 0, 1e-10, large)) ** 2
        response = np.exp(-blob2 / (2 * beta**2)) * (1 - np.exp(-norm2 / (2 * max(level, 1e-10) ** 2)))
        np.maximum(best, np.where(large < 0, response, 0), out=best)
    return best


def _hessian_eigenvalues(image, sigma) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues of the scale-normalised in-plane Hessian, smaller and larger in absolute value."""
    blur = (sigma, sigma, 0)
    xx, yy, xy = (
        sigma**2 * ndi.gaussian_filter(image, blur, order=(*order, 0)) for order in ((2, 0), (0, 2), (1, 1))
    )
    return _eigenvalues(xx, yy, xy)


def _eigenvalues(xx, yy, xy) -> tuple[np.ndarray, np.ndarray]:
    mean, half = (xx + yy) / 2, np.sqrt(((xx - yy) / 2) ** 2 + xy**2)
    first, second = mean - half, mean + half
    swap = np.abs(first) > np.abs(second)
    return np.where(swap, second, first), np.where(swap, first, second)


def linearity(image: np.ndarray, sigma: float = 1.0) -> np.ndarray:
    """Half the difference of the structure tensor's eigenvalues: high along lines and edges."""
    gx, gy = np.gradient(np.asarray(image, np.float32), axis=(0, 1))
    blur = (sigma, sigma, 0)
    xx, yy, xy = (ndi.gaussian_filter(a * b, blur) for a, b in ((gx, gx), (gy, gy), (gx, gy)))
    return np.sqrt(((xx - yy) / 2) ** 2 + xy**2)


def smaller_cluster(features: np.ndarray) -> np.ndarray:
    """K-means with two clusters on standardised features (N, F); True in the smaller one.

    Started from the lower and upper 5 % of the summed features, so that the result does not depend on chance.
    """
    from sklearn.cluster import KMeans

    scaled = (features - features.mean(axis=0)) / (features.std(axis=0) + 1e-12)
    total = scaled.sum(axis=1)
    low, high = np.quantile(total, [0.05, 0.95])
    centres = np.stack([scaled[total <= low].mean(axis=0), scaled[total >= high].mean(axis=0)])
    upper = KMeans(2, init=centres, n_init=1, max_iter=20, tol=0).fit_predict(scaled) == 1
    return upper if upper.mean() <= 0.5 else ~upper


def _elongated_only(chosen: np.ndarray) -> np.ndarray:
    """Drop the regions of each slice that are round and compact, or too small to have a shape."""
    in_plane = np.zeros((3, 3, 3), bool)
    in_plane[:, :, 1] = True
    labels, count = ndi.label(chosen, in_plane)
    area = np.bincount(labels.ravel(), minlength=count + 1)
    keep = area >= SMALLEST_REGION
    keep[0] = False
    # Eccentricity is cheap and decides most regions; the convex hull of the rest is not.
    boxes = ndi.find_objects(labels)
    for label in np.flatnonzero(keep & (region_eccentricity(labels, count) < ROUND_ECCENTRICITY)):
        region = (labels[boxes[label - 1]] == label)[:, :, 0]
        keep[label] = _solidity(region) <= COMPACT_SOLIDITY
    return keep[labels]


def region_eccentricity(labels: np.ndarray, count: int) -> np.ndarray:
    """Eccentricity of the ellipse with the same in-plane second moments, for labels 0..count."""
    where = np.nonzero(labels)
    which = labels[where]
    x, y = where[0].astype(float), where[1].astype(float)

    def mean(values):
        return np.bincount(which, values, count + 1) / area

    area = np.maximum(np.bincount(which, minlength=count + 1), 1)
    mx, my = mean(x), mean(y)
    xx, yy, xy = mean(x * x) - mx**2, mean(y * y) - my**2, mean(x * y) - mx * my
    minor, major = _eigenvalues(xx, yy, xy)
    return np.sqrt(np.clip(1 - minor / np.maximum(major, 1e-12), 0, 1))


def _solidity(region: np.ndarray) -> float:
    from skimage.measure import regionprops

    return float(regionprops(region.astype(np.uint8))[0].solidity)


def inpaint(image: np.ndarray, holes: np.ndarray, iterations: int = 50) -> np.ndarray:
    """Fill ``holes`` from the rim inward with the mean of the valid voxels among 26 neighbours."""
    image = np.asarray(image, np.float32)
    filled, valid = np.where(holes, 0, image), ~holes
    for _ in range(iterations):
        if valid.all():
            break
        weight = ndi.uniform_filter(valid.astype(np.float32), 3, mode="constant")
        total = ndi.uniform_filter(filled * valid, 3, mode="constant")
        rim = ~valid & (weight > 1e-3)
        if not rim.any():
            break
        filled[rim] = total[rim] / weight[rim]
        valid = valid | rim
    return np.where(valid, filled, image)
