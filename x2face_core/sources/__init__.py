"""Pictures become sources: portraits found and cropped, embedded faces, films encoded as driving vectors."""
