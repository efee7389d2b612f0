"""Wada 2019: the age of myelin from ten slices with an eight-layer network."""
