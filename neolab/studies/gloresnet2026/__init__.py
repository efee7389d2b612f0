"""GloResNet 2026: preterm brain injury from one T2 volume with a light 3-D residual network."""
