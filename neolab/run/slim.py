"""Outputs small enough to be committed: pictures with fewer colours, and words in place of live widgets."""

import base64
import io
from copy import deepcopy
from typing import Any

_WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
_WIDGET_TEXT = "An interactive control: run this cell to use it. Its static twin is in the cells around it."

# Wide enough for a laptop's screen; line drawings and grey images on a page need no more than 128 colours.
_WIDTH_PIXELS = 1000
_COLOURS = 128


def slim_outputs(notebook: Any) -> Any:
    """Return a copy of an executed notebook whose outputs are small and do not change without a reason.

    Standard error (progress bars, warnings of libraries) and papermill's own cells are left out.
    """
    slim = deepcopy(notebook)
    slim.cells = [cell for cell in slim.cells if "injected-parameters" not in cell.metadata.get("tags", [])]
    for count, cell in enumerate((cell for cell in slim.cells if cell.cell_type == "code"), start=1):
        cell.execution_count = count
        cell.outputs = [_slim(output, count) for output in cell.outputs if _is_kept(output)]
    return slim


def _is_kept(output: Any) -> bool:
    return not (output.output_type == "stream" and output.name == "stderr")


def _slim(output: Any, count: int) -> Any:
    data = output.get("data")
    if data is None:
        return output
    if _WIDGET_VIEW in data:
        # The view needs a live model behind it; without one JupyterLab shows an error in its place.
        output["data"] = {"text/plain": _WIDGET_TEXT}
    if "image/png" in data:
        data["image/png"] = _slim_png(data["image/png"])
    if output.output_type == "execute_result":
        output["execution_count"] = count
    return output


def _slim_png(encoded: str) -> str:
    return base64.b64encode(slim_png(base64.b64decode(encoded))).decode("ascii")


def slim_png(content: bytes, width_pixels: int = _WIDTH_PIXELS, colours: int = _COLOURS) -> bytes:
    """Return a PNG of at most ``width_pixels`` in a palette, or ``content`` if that is smaller.

    Parameters
    ----------
    content : bytes
        A PNG file.
    width_pixels : int
        Wider pictures are made smaller, keeping their shape.
    colours : int
        2 to 256.
    """
    from PIL import Image

    picture = Image.open(io.BytesIO(content)).convert("RGBA")
    page = Image.new("RGBA", picture.size, "white")
    picture = Image.alpha_composite(page, picture).convert("RGB")
    if picture.width > width_pixels:
        height = round(picture.height * width_pixels / picture.width)
        picture = picture.resize((width_pixels, height), Image.Resampling.LANCZOS)
    small = io.BytesIO()
    picture.quantize(colours, dither=Image.Dither.NONE).save(small, format="png", optimize=True)
    return min(content, small.getvalue(), key=len)
