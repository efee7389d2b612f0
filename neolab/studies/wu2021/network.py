"""The ResNet18 of Wu et al. 2021, Figure 2b: torchvision's, with two outputs.

    input 3 x 224 x 224
    conv 7x7 / 2, 64 -> max-pool / 2          56 x 56
    stage 1: 2 basic blocks,  64              56 x 56
    stage 2: 2 basic blocks, 128, first / 2   28 x 28
    stage 3: 2 basic blocks, 256, first / 2   14 x 14
    stage 4: 2 basic blocks, 512, first / 2    7 x  7   <- class activation maps look here
    mean over the picture, 512 -> 2 (ABE, HB)

Departure: the paper describes shortcuts that pad with zeros where the width changes; the ImageNet network
that it fine-tunes has 1 x 1 convolutions there, and so has this one.
"""

import socket
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from neolab.errors import InputError

# The colour means and standard deviations that torchvision's ImageNet weights were trained with.
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_SD = (0.229, 0.224, 0.225)
DOWNLOAD_TIMEOUT_S = 20.0


class AbeNetwork(nn.Module):
    """A grey slice to two logits, HB and ABE.

    Parameters
    ----------
    backbone : torchvision.models.ResNet
        With a fully connected layer of two outputs.
    """

    def __init__(self, backbone: nn.Module):
        super().__init__()
        self.backbone = backbone
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN).view(1, 3, 1, 1))
        self.register_buffer("sd", torch.tensor(IMAGENET_SD).view(1, 3, 1, 1))

    def forward(self, pictures: Tensor) -> Tensor:
        """Map (B, 1, S, S) in [0, 1] to logits (B, 2)."""
        return self.backbone((pictures.expand(-1, 3, -1, -1) - self.mean) / self.sd)

    def feature_maps(self, pictures: Tensor) -> Tensor:
        """Map (B, 1, S, S) to the last convolution's maps (B, 512, S/32, S/32)."""
        net = self.backbone
        x = (pictures.expand(-1, 3, -1, -1) - self.mean) / self.sd
        x = net.maxpool(net.relu(net.bn1(net.conv1(x))))
        return net.layer4(net.layer3(net.layer2(net.layer1(x))))

    @property
    def head(self) -> nn.Linear:
        """The fully connected layer, 512 -> 2."""
        return self.backbone.fc


def build_network(pretrained: Mapping[str, Tensor] | None = None) -> AbeNetwork:
    """Build the network from random weights, or from a state dictionary of torchvision's ``resnet18``.

    The last layer is new in either case.
    """
    from torchvision.models import resnet18

    backbone = resnet18(weights=None)
    if pretrained is not None:
        backbone.load_state_dict(pretrained)
    backbone.fc = nn.Linear(backbone.fc.in_features, 2)
    return AbeNetwork(backbone)


def pretrained_weights(weights: str) -> tuple[dict[str, Tensor] | None, str]:
    """Return what to start from, and what it is called in the results.

    Parameters
    ----------
    weights : str
        ``"imagenet"`` (downloaded by torchvision, once), ``"none"`` (random), or the path of a state
        dictionary of torchvision's ``resnet18``.

    Returns
    -------
    state : dict or None
    weights_used : str
        ``"imagenet"``, ``"none"``, the file's name, or ``"none (download failed: ...)"``.

    Raises
    ------
    InputError
        If the file does not exist or does not fit.
    """
    if weights == "none":
        return None, "none"
    return _imagenet_state() if weights == "imagenet" else (_state_in(Path(weights)), Path(weights).name)


def _imagenet_state() -> tuple[dict[str, Tensor] | None, str]:
    from torchvision.models import ResNet18_Weights

    patience = socket.getdefaulttimeout()
    socket.setdefaulttimeout(DOWNLOAD_TIMEOUT_S)
    try:
        return ResNet18_Weights.IMAGENET1K_V1.get_state_dict(progress=False, check_hash=True), "imagenet"
    except (OSError, RuntimeError) as error:  # no network, a proxy that refuses, or a damaged file
        return None, f"none (download failed: {error})"
    finally:
        socket.setdefaulttimeout(patience)


def _state_in(path: Path) -> dict[str, Tensor]:
    """Read a state dictionary and check it against ``resnet18``."""
    from torchvision.models import resnet18

    if not path.is_file():
        raise InputError(
            f"parameter weights: found {str(path)!r}, expected imagenet, none or an existing file"
        )
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        resnet18(weights=None).load_state_dict(state)
    except Exception as error:
        reason = " ".join(str(error).split())[:120]
        raise InputError(
            f"parameter weights: {path} does not load ({reason}), "
            "expected a state dictionary of torchvision's resnet18"
        ) from None
    return state


def count_residual_blocks(network: AbeNetwork) -> int:
    """Count the basic blocks; the paper says 18."""
    from torchvision.models.resnet import BasicBlock

    return sum(isinstance(module, BasicBlock) for module in network.modules())


def count_learnable_layers(network: AbeNetwork) -> int:
    """Count convolutions and fully connected layers on the main path, the "18" of the network's name."""
    layers = [name for name, module in network.named_modules() if isinstance(module, nn.Conv2d | nn.Linear)]
    return sum("downsample" not in name for name in layers)
