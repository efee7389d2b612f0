"""Wu et al. 2021: slices, regions of interest, simulated readers and the ResNet18."""
