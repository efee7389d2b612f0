"""MedicalNet weights, loaded strictly.

Chen, Ma and Zheng 2019, arXiv:1904.00625; checkpoints under the MIT licence. A checkpoint is a dictionary
``{"state_dict": {"module.conv1.weight": ...}}``; the ResNet-10 backbone has 72 entries and no head.
"""

import re
from pathlib import Path

import torch
from torch import nn

from neolab.errors import InputError

REPOSITORY = "TencentMedicalNet/MedicalNet-Resnet10"
FILE_NAME = "resnet_10_23dataset.pth"


def fetch_weights() -> Path:
    """Download the ResNet-10 weights (57.5 MB) from the Hugging Face hub into its cache.

    Raises
    ------
    InputError
        If ``huggingface_hub`` is not installed or the file cannot be had.
    """
    try:
        from huggingface_hub import hf_hub_download
    except ImportError:
        raise InputError(
            "weights: 'medicalnet' needs the package huggingface_hub, which is not installed; "
            "expected `pip install neolab[weights]` or the path of a checkpoint"
        ) from None
    try:
        return Path(hf_hub_download(REPOSITORY, FILE_NAME))
    except Exception as error:  # the hub's client raises many types for "no network"
        raise InputError(
            f"weights: {FILE_NAME} of {REPOSITORY} could not be downloaded ({type(error).__name__}); "
            "expected network access or the path of a checkpoint"
        ) from error


def load_backbone(network: nn.Module, path: str | Path) -> None:
    """Copy a MedicalNet checkpoint into ``network``, leaving its head ``fc`` as it is.

    Loading is strict: a checkpoint of another depth or shortcut type would otherwise leave layers random
    without a word.

    Raises
    ------
    InputError
        If the file cannot be read as a checkpoint, or holds another network.
    """
    state = _read(Path(path))
    backbone = {name: value for name, value in network.state_dict().items() if not name.startswith("fc.")}
    _check(state, backbone, Path(path))
    network.load_state_dict(state, strict=False)  # only fc.* is missing: _check saw to that


def _read(path: Path) -> dict[str, torch.Tensor]:
    if not path.is_file():
        raise InputError(f"weights: no file at {path}, expected a MedicalNet checkpoint (.pth)")
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise InputError(
            f"weights: {path} cannot be read ({type(error).__name__}), expected a MedicalNet checkpoint"
        ) from error
    state = content.get("state_dict", content) if isinstance(content, dict) else None
    if not state or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise InputError(f"weights: {path} holds no tensors by name, expected a MedicalNet checkpoint (.pth)")
    state = {name.removeprefix("module."): value for name, value in state.items()}
    return {name: value for name, value in state.items() if not name.startswith(("fc.", "conv_seg."))}


def _check(state: dict, backbone: dict, path: Path) -> None:
    blocks, expected_blocks = _n_blocks(state), _n_blocks(backbone)
    if blocks != expected_blocks:
        raise InputError(
            f"weights: {path} has {blocks} residual blocks, expected {expected_blocks} (ResNet-10)"
        )
    missing, extra = sorted(backbone.keys() - state.keys()), sorted(state.keys() - backbone.keys())
    if missing and all(".downsample." in name for name in missing):
        raise InputError(
            f"weights: {path} has no {missing[0]}: its shortcuts are of type A, expected type B "
            "(1x1x1 convolutions)"
        )
    if missing or extra:
        raise InputError(
            f"weights: {path} lacks {len(missing)} and adds {len(extra)} of the {len(backbone)} expected "
            f"entries (first: {(missing + extra)[0]})"
        )
    for name, value in backbone.items():
        if state[name].shape != value.shape:
            found, expected = tuple(state[name].shape), tuple(value.shape)
            raise InputError(f"weights: {name} in {path} has shape {found}, expected {expected}")


def _n_blocks(state: dict) -> int:
    return len({m[0] for name in state if (m := re.match(r"layer\d+\.\d+\.", name))})
