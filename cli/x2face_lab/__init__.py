"""What measures and shows x2face: evaluation, the paper's figures, the demo. It knows drivers and mappings by name."""
