"""Errors that hide in widgets: an exception in an ``interact`` callback does not fail the notebook."""

from collections.abc import Iterator
from typing import Any

WIDGET_STATE = "application/vnd.jupyter.widget-state+json"


def widget_errors(notebook: Any) -> list[str]:
    """Return one line for each error output in the notebook's widget state."""
    metadata = notebook.get("metadata", {}).get("widgets", {}).get(WIDGET_STATE, {})
    models = metadata.get("state", {}).values()
    return [
        f"{output.get('ename', 'error')}: {output.get('evalue', '')}"
        for model in models
        for output in _outputs(model)
        if output.get("output_type") == "error"
    ]


def _outputs(model: Any) -> Iterator[Any]:
    yield from model.get("state", {}).get("outputs", []) or []
