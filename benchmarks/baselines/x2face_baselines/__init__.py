"""The methods that the paper compares with, compact: CycleGAN (Fig. 4, 12) and a warp by landmarks (Fig. 5)."""
