"""The factors `mouth` and `eyes`: mouth opening and width, lid openings and gaze, in physical units."""
