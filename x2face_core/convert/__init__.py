"""The files that the authors of X2Face released: read without running anything in them, their tensors in our names."""
