"""Consistency checks on published numbers: arithmetic that a reader can redo, without any data."""
