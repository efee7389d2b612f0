"""Raad 2023: 3-D autoencoders that learn what a normal newborn brain looks like."""
