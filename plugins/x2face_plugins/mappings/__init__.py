"""Fitted mappings: files, lookup, loading and fitting."""
