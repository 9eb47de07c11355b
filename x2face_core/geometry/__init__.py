"""Faces as points: landmarks, pose, motion between faces, splines through landmarks, named places, the face mesh."""
