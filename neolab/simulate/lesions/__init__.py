"""Lesions of the newborn brain as edits of tissue fractions and relaxation, each with a mask and a record."""
