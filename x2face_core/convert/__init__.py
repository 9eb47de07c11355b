"""Reading the files that the authors of X2Face released, without executing pickled code, and renaming their tensors."""
