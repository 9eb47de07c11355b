"""Engines: what computes the networks. Torch always does; others are optional and faster on some machines."""
