"""Learning: networks fitted, folds crossed, weights found; the same for every study."""
