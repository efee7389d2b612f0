"""Figures, widgets and overlays."""
