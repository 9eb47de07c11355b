"""Whether pictures and films suit as sources and drivers, and what would do where they do not."""
