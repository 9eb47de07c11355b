"""The figures of the paper for given pictures: poses (Fig. 6, 15), speech (Fig. 7) and paint (Fig. 8, 13)."""
