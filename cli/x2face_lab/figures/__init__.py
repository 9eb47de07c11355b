"""The paper's figures, of anybody's pictures: poses (Fig. 6, 15), speech (Fig. 7) and paint (Fig. 8, 13)."""
