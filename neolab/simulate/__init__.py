"""The digital neonate: latents, anatomy, contrast, lesions, acquisition, and the cohorts made of them."""
