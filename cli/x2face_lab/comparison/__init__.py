"""x2face beside the methods that the paper compares with, on the same films."""
