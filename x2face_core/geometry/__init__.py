"""Facial geometry: landmarks, pose, motion transfer, splines through landmarks, anchors, the face mesh."""
