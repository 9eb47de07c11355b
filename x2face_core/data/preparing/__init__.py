"""From films of any kind to face tracks on disk (docs/data.md): find, follow, cut, crop, label, split, report."""
