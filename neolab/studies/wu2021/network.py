"""The ResNet18 of Wu et al. 2021, Figure 2b: torchvision's, with two outputs.

Departure: the paper describes shortcuts that pad with zeros where the width changes; the ImageNet network
that it fine-tunes has 1 x 1 convolutions there, and so has this one.
"""

import torch
from torch import Tensor, nn
from torchvision.models import resnet18
from torchvision.models.resnet import BasicBlock

from neolab.learn.weights import Weights, load_backbone

# The colour means and standard deviations that torchvision's ImageNet weights were trained with.
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_SD = (0.229, 0.224, 0.225)


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
        """Map (B, 1, S, S) in [0, 1] to logits (B, 2); sizes in the comments are for S = 224."""
        net = self.backbone
        # The grey picture in all three colours, scaled as ImageNet's photographs: (B, 3, 224, 224).
        x = (pictures.expand(-1, 3, -1, -1) - self.mean) / self.sd
        # Stem: convolution 7 x 7, stride 2, then max-pooling, stride 2: (B, 64, 56, 56).
        x = net.maxpool(net.relu(net.bn1(net.conv1(x))))
        # Stage 1: two basic blocks: (B, 64, 56, 56).
        x = net.layer1(x)
        # Stage 2: two basic blocks, the first with stride 2: (B, 128, 28, 28).
        x = net.layer2(x)
        # Stage 3: the same: (B, 256, 14, 14).
        x = net.layer3(x)
        # Stage 4: the same; class activation maps look here: (B, 512, 7, 7).
        x = net.layer4(x)
        # Mean over the picture, then the new layer, 512 -> 2.
        return net.fc(net.avgpool(x).flatten(1))

    @property
    def head(self) -> nn.Linear:
        """The fully connected layer, 512 -> 2."""
        return self.backbone.fc


def build_network(weights: Weights | None = None) -> AbeNetwork:
    """Build the network from random weights or from ResNet18's; the last layer is new in either case."""
    backbone = resnet18(weights=None)
    if weights is not None:
        load_backbone(backbone, weights)
    backbone.fc = nn.Linear(backbone.fc.in_features, 2)
    return AbeNetwork(backbone)


def count_residual_blocks(network: nn.Module) -> int:
    """Count the basic blocks; the paper says 18."""
    return sum(isinstance(module, BasicBlock) for module in network.modules())


def count_learnable_layers(network: nn.Module) -> int:
    """Count convolutions and fully connected layers on the main path, the "18" of the network's name."""
    layers = [name for name, module in network.named_modules() if isinstance(module, nn.Conv2d | nn.Linear)]
    return sum("downsample" not in name for name in layers)
