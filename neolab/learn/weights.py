"""What a network starts from: random weights, ImageNet's, MedicalNet's, or those of a file.

MedicalNet: Chen, Ma and Zheng 2019, arXiv:1904.00625; its checkpoints are under the MIT licence.
"""

import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn

from neolab.errors import InputError

MEDICALNET_REPOSITORY = "TencentMedicalNet/MedicalNet-Resnet10"
MEDICALNET_FILE = "resnet_10_23dataset.pth"
DOWNLOAD_TIMEOUT_S = 20.0
# The last layers of torchvision's and of MedicalNet's networks: they belong to another task.
HEADS = ("fc.", "conv_seg.")


@dataclass(frozen=True, eq=False)
class Weights:
    """Weights to start from; `str` says in words which.

    Attributes
    ----------
    asked : str
        ``"none"``, ``"imagenet"``, ``"medicalnet"`` or a path.
    source : str
        ``"random"``, ``"ImageNet"``, ``"MedicalNet"`` or the name of a file.
    state : mapping of str to Tensor, or None
        Of a backbone, without its last layer; None for random weights.
    reason : str
        Why they are random although others were asked for.
    """

    asked: str
    source: str
    state: Mapping[str, Tensor] | None = field(default=None, repr=False)
    reason: str = ""

    @property
    def pretrained(self) -> bool:
        """Whether the network has learnt something before."""
        return self.state is not None

    def __str__(self) -> str:
        return f"{self.source} ({self.reason})" if self.reason else self.source


def find_weights(asked: str, backbone: nn.Module | None = None) -> Weights:
    """Find what networks start from; a download that fails leaves them random, with the reason.

    Parameters
    ----------
    asked : str
        ``"none"`` (random), ``"imagenet"`` (torchvision's ResNet18, downloaded once), ``"medicalnet"``
        (ResNet-10, downloaded once) or the path of a state dictionary.
    backbone : nn.Module, optional
        A network that they must fit: a wrong file is refused here, before anything is trained.

    Raises
    ------
    InputError
        If a file does not exist, cannot be read or does not fit.
    """
    if asked == "none":
        return Weights(asked, "random")
    sources = {"imagenet": ("ImageNet", _imagenet), "medicalnet": ("MedicalNet", _medicalnet)}
    if asked in sources:
        source, download = sources[asked]
        try:
            state = download()
        except OSError as error:
            return Weights(asked, "random", reason=f"{source}'s could not be downloaded: {error}")
    else:
        source, state = Path(asked).name, _read(Path(asked))
    weights = Weights(asked, source, state)
    if backbone is not None:
        _check(weights, _body(backbone.state_dict()))
    return weights


def load_backbone(backbone: nn.Module, weights: Weights) -> nn.Module:
    """Copy weights into a backbone, all but its last layer; random ones leave it as it is.

    Every other name and shape must be there: a checkpoint of another depth or shortcut type would otherwise
    leave layers random without a word.

    Returns
    -------
    nn.Module
        ``backbone``.

    Raises
    ------
    InputError
        If the weights are of another network; the backbone is then unchanged.
    """
    if weights.pretrained:
        _check(weights, _body(backbone.state_dict()))
        backbone.load_state_dict(weights.state, strict=False)  # only the head is missing: _check saw to that
    return backbone


def _imagenet() -> Mapping[str, Tensor]:
    from torchvision.models import ResNet18_Weights

    patience = socket.getdefaulttimeout()
    socket.setdefaulttimeout(DOWNLOAD_TIMEOUT_S)
    try:
        return _body(ResNet18_Weights.IMAGENET1K_V1.get_state_dict(progress=False, check_hash=True))
    except RuntimeError as error:  # a damaged file; no network is an OSError by itself
        raise OSError(str(error)) from error
    finally:
        socket.setdefaulttimeout(patience)


def _medicalnet() -> Mapping[str, Tensor]:
    try:
        from huggingface_hub import hf_hub_download
    except ImportError:
        raise OSError("huggingface_hub is not installed; `pip install neolab[weights]`") from None
    try:
        path = hf_hub_download(MEDICALNET_REPOSITORY, MEDICALNET_FILE)
    except Exception as error:  # the hub's client raises many types for "no network"
        raise OSError(f"{type(error).__name__} for {MEDICALNET_FILE}") from error
    return _read(Path(path))


def _read(path: Path) -> Mapping[str, Tensor]:
    """Read a state dictionary, bare or as MedicalNet's ``{"state_dict": {"module.conv1.weight": ...}}``."""
    if not path.is_file():
        raise InputError(
            f"weights: no file at {path}, expected none, imagenet, medicalnet or the path of a checkpoint"
        )
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise InputError(
            f"weights: {path} cannot be read ({type(error).__name__}), expected a state dictionary"
        ) from error
    state = content.get("state_dict", content) if isinstance(content, dict) else None
    if not state or not all(isinstance(value, Tensor) for value in state.values()):
        raise InputError(f"weights: {path} holds no tensors by name, expected a state dictionary")
    return _body({name.removeprefix("module."): value for name, value in state.items()})


def _body(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: value for name, value in state.items() if not name.startswith(HEADS)}


def _check(weights: Weights, expected: Mapping[str, Tensor]) -> None:
    """Refuse weights of another network."""
    state, where = weights.state, f"weights: {weights.asked}"
    found, blocks = _n_blocks(state), _n_blocks(expected)
    if found != blocks:
        raise InputError(f"{where} has {found} residual blocks, expected {blocks}")
    # Networks from before PyTorch 1.0, ImageNet's among them, do not count their batches.
    missing = sorted(n for n in expected.keys() - state.keys() if not n.endswith("num_batches_tracked"))
    extra = sorted(state.keys() - expected.keys())
    if missing and all(".downsample." in name for name in missing):
        raise InputError(
            f"{where} has no {missing[0]}: its shortcuts are of type A, expected type B (1x1 convolutions)"
        )
    if missing or extra:
        raise InputError(
            f"{where} lacks {len(missing)} and adds {len(extra)} of the {len(expected)} expected entries "
            f"(first: {(missing + extra)[0]})"
        )
    for name, value in state.items():
        if value.shape != expected[name].shape:
            raise InputError(
                f"weights: {name} in {weights.asked} has shape {tuple(value.shape)}, "
                f"expected {tuple(expected[name].shape)}"
            )


def _n_blocks(state: Mapping[str, Tensor]) -> int:
    return len({m[0] for name in state if (m := re.match(r"layer\d+\.\d+\.", name))})
