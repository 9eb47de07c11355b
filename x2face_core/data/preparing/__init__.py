"""Preparation of training data: films and photographs become face tracks on disk (docs/data.md).

Faces are detected, tracked, cropped, optionally labelled, and split by identity.
"""
