"""The figures of the paper for given pictures and films: Fig. 4 to 8 and 11 to 15."""
