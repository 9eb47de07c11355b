"""Files at rest: what is read, what is written, and what goes wrong with either. Nothing here knows what is in them."""
