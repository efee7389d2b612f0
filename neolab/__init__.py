"""neolab: notebooks and a thin package to teach and replicate deep learning on neonatal and brain MRI."""

__version__ = "0.1.0"
