"""The networks of Table 2, as their libraries build them."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from neolab.errors import InputError
from neolab.studies.gloresnet2026.network import GloResNet
from neolab.studies.gloresnet2026.parameters import COMPARISON


class SwinClassifier(nn.Module):
    """The encoder of Swin-UNETR with a pooled linear head."""

    def __init__(self, feature_size: int = 48):
        super().__init__()
        from monai.networks.nets.swin_unetr import SwinTransformer

        device = torch.get_default_device()
        with torch.device("cpu"):  # its constructor reads a value, which a meta tensor has not
            self.encoder = SwinTransformer(
                in_chans=1,
                embed_dim=feature_size,
                window_size=(7, 7, 7),
                patch_size=(2, 2, 2),
                depths=(2, 2, 2, 2),
                num_heads=(3, 6, 12, 24),
                spatial_dims=3,
            )
        self.encoder.to(device)
        self.fc = nn.Linear(16 * feature_size, 2)

    def forward(self, volume: Tensor) -> Tensor:
        return self.fc(self.encoder(volume)[-1].mean(dim=(2, 3, 4)))


class FirstOutput(nn.Module):
    """Drop the hidden states that MONAI's ViT returns beside its logits."""

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network

    def forward(self, volume: Tensor) -> Tensor:
        return self.network(volume)[0]


def _monai_resnet(depth: int) -> nn.Module:
    from monai.networks import nets

    return getattr(nets, f"resnet{depth}")(
        spatial_dims=3, n_input_channels=1, num_classes=2, conv1_t_stride=2, shortcut_type="B",
        bias_downsample=False,
    )  # fmt: skip


def _densenet() -> nn.Module:
    from monai.networks.nets import DenseNet121

    return DenseNet121(spatial_dims=3, in_channels=1, out_channels=2)


def _vision_transformer(side: int) -> nn.Module:
    from monai.networks.nets import ViT

    return FirstOutput(
        ViT(in_channels=1, img_size=(side,) * 3, patch_size=(16,) * 3, classification=True, num_classes=2,
            post_activation=None)
    )  # fmt: skip


# The paper gives no layer tables, so these are the libraries' standard forms.
NETWORKS: dict[str, Callable[[int], nn.Module]] = {
    "vit_b": _vision_transformer,
    "swin_unet": lambda side: SwinClassifier(),
    "resnet50": lambda side: _monai_resnet(50),
    "densenet121": lambda side: _densenet(),
    "resnet18": lambda side: _monai_resnet(18),
    "gloresnet": lambda side: GloResNet(),
}

#: Names for figures, as Table 2 writes them.
TITLES = COMPARISON | {"gloresnet": "GloResNet"}


def build(name: str, side: int = 128) -> nn.Module:
    """Build the network called ``name`` for cubes of ``side`` voxels.

    Raises
    ------
    InputError
        If the name is not in `NETWORKS`.
    """
    if name not in NETWORKS:
        raise InputError(f"network: found {name!r}, expected one of {', '.join(NETWORKS)}")
    return NETWORKS[name](side)
