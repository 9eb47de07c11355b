"""Fitted mappings: their files, where they are found, how they are loaded and fitted."""
