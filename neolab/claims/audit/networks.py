"""The networks that the five papers print sizes for, as layer counts.

ResNet: He et al. 2016, arXiv:1512.03385; 3-D with a 7^3 stride-2 stem as in MedicalNet, Chen et al. 2019,
arXiv:1904.00625. DenseNet: Huang et al. 2017, arXiv:1608.06993. ViT: Dosovitskiy et al. 2021,
arXiv:2010.11929.
"""

from collections.abc import Callable

from neolab.claims.audit.architecture import Count

# Blocks per stage and whether they are bottlenecks; depth counts the weighted layers.
RESNET_STAGES = {10: ((1, 1, 1, 1), False), 18: ((2, 2, 2, 2), False), 50: ((3, 4, 6, 3), True)}
DENSENET121_STAGES = (6, 12, 24, 16)


def resnet(
    depth: int, size: int, spatial_dims: int = 3, in_channels: int = 1, classes: int = 2, shortcut: str = "B"
) -> Count:
    """Count a ResNet with widths 64, 128, 256, 512.

    Parameters
    ----------
    depth : int
        10, 18 or 50.
    size : int
        Edge of the cubic (square) input, voxels.
    shortcut : str
        "B": 1x1 convolution and norm where the shape changes; "A": strided copy padded with zeros, no
        parameters.
    """
    blocks, bottleneck = RESNET_STAGES[depth]
    net = Count((in_channels, *[size] * spatial_dims))
    net.conv(64, 7, 2, 3, bias=False).norm().pool(3, 2, 1)
    for stage, n_blocks in enumerate(blocks):
        for block in range(n_blocks):
            stride = 2 if stage > 0 and block == 0 else 1
            _residual_block(net, 64 * 2**stage, stride, bottleneck, shortcut)
    return net.pool_globally().linear(classes)


def _residual_block(net: Count, width: int, stride: int, bottleneck: bool, shortcut: str) -> None:
    out = 4 * width if bottleneck else width
    bypass = net.branch()
    if shortcut == "B" and (stride != 1 or net.shape[0] != out):
        bypass.conv(out, 1, stride, bias=False).norm()
    if bottleneck:
        net.conv(width, 1, bias=False).norm().conv(width, 3, stride, 1, bias=False).norm()
        net.conv(out, 1, bias=False).norm()
    else:
        net.conv(width, 3, stride, 1, bias=False).norm().conv(width, 3, 1, 1, bias=False).norm()
    net.include(bypass)


def densenet121(size: int, spatial_dims: int = 3, in_channels: int = 1, classes: int = 2) -> Count:
    """Count DenseNet-121: growth 32, 1x1 bottlenecks of 4 x 32, transitions that halve."""
    growth = 32
    net = Count((in_channels, *[size] * spatial_dims))
    net.conv(64, 7, 2, 3, bias=False).norm().pool(3, 2, 1)
    for stage, n_layers in enumerate(DENSENET121_STAGES):
        for _ in range(n_layers):
            layer = net.branch().norm().conv(4 * growth, 1, bias=False).norm()
            layer.conv(growth, 3, 1, 1, bias=False)
            net.include(layer)
            net.shape = (net.shape[0] + growth, *net.shape[1:])
        net.norm()
        if stage < len(DENSENET121_STAGES) - 1:
            net.conv(net.shape[0] // 2, 1, bias=False).pool(2, 2)
    return net.pool_globally().linear(classes)


def wada_branch() -> Count:
    """Count one image branch of Wada et al. 2019: two 5x5 convolutions, two poolings, 100 dense units."""
    net = Count((1, 128, 128)).conv(16, 5).pool(2, 2).conv(8, 5).pool(2, 2)
    return net.flatten().linear(100)


def wada_network(levels: int = 5) -> Count:
    """Count the whole network of Wada et al. 2019 with independent branches and one output."""
    net = Count((200,))
    for _ in ("T1w", "T2w"):
        net.include(wada_branch(), levels).include(Count((100 * levels,)).linear(100).linear(100))
    return net.linear(200).linear(50).linear(25).linear(1)


NETWORKS: dict[str, Callable[[int], Count]] = {
    "resnet10_3d": lambda size: resnet(10, size),
    "resnet18_3d": lambda size: resnet(18, size),
    "resnet18_3d_shortcut_a": lambda size: resnet(18, size, shortcut="A"),
    "resnet50_3d": lambda size: resnet(50, size),
    "densenet121_3d": lambda size: densenet121(size),
    "resnet18_2d": lambda size: resnet(18, size, spatial_dims=2, in_channels=3),
    "wada2019": lambda size: wada_network(),
}
