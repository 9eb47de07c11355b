"""Sound beside lips: what a moment sounds like, what it looks like, and how far the two are apart in time."""
