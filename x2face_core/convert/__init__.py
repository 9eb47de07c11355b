"""The files that the authors of X2Face released, read without running anything in them, and their tensors in our names."""
