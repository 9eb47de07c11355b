"""Face tracks as shards: tar archives in WebDataset's layout, read from the first byte to the last (docs/scale.md)."""
