"""Checks whether pictures and films are suitable as sources and drivers, with a remedy for each fault found."""
