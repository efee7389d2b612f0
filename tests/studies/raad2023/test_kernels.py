"""The layers written for a GPU have the values and gradients of torch's own."""

import pytest
import torch
from torch.nn import functional

from neolab.studies.raad2023.kernels import (
    OutputLayer,
    instance_norm_by_rows,
    interpolation_matrix,
    project_by_planes,
    upsample_by_products,
)


@pytest.mark.parametrize("sides", [(2, 2, 2), (4, 5, 3)])
def test_upsampling_by_products_has_the_values_and_the_gradient_of_torchs_own(sides):
    torch.manual_seed(0)
    x = torch.rand(2, 3, *sides, requires_grad=True)
    expected = functional.interpolate(x, scale_factor=4, mode="trilinear")
    found = upsample_by_products(x, 4)
    torch.testing.assert_close(found, expected)
    weights = torch.rand_like(expected)
    torch.testing.assert_close(*(torch.autograd.grad((y * weights).sum(), x)[0] for y in (found, expected)))


def test_the_weights_of_upsampling_lose_nothing_in_16_bits():
    matrix = interpolation_matrix(7, 4, torch.device("cpu"))
    assert matrix.unique().numel() > 4
    for dtype in (torch.bfloat16, torch.float16):
        assert torch.equal(matrix.to(dtype).float(), matrix)


def test_the_instance_norm_by_rows_has_the_values_and_the_gradient_of_torchs_own():
    torch.manual_seed(0)
    x = torch.randn(1, 3, 4, 5, 6, requires_grad=True)
    expected, found = functional.instance_norm(x), instance_norm_by_rows(x, 1e-5)
    torch.testing.assert_close(found, expected)
    weights = torch.rand_like(expected)
    torch.testing.assert_close(*(torch.autograd.grad((y * weights).sum(), x)[0] for y in (found, expected)))


def test_the_output_by_planes_is_a_transposed_convolution():
    torch.manual_seed(0)
    layer, x = OutputLayer(5), torch.rand(2, 5, 3, 4, 6, requires_grad=True)
    expected = functional.conv_transpose3d(x, layer.weight, layer.bias)
    found = project_by_planes(x, layer.weight, layer.bias)
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(layer(x), expected)
    weights, inputs = torch.rand_like(expected), [x, layer.weight, layer.bias]
    gradients = (torch.autograd.grad((y * weights).sum(), inputs) for y in (found, expected))
    torch.testing.assert_close(*gradients)
