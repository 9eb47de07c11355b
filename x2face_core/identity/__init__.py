"""Identity networks: on disk, from public formats, and as descriptors of faces."""
