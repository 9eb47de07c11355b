"""The mappings `mouth` and `eyes`: opening, width, lids and gaze in driving vectors, in plain units."""
