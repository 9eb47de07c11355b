"""Sources: portraits found and cropped, embedded faces, and films encoded as driving vectors."""
