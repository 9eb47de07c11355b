"""A rendered head: the demo's driving film with known pose, and a sitter for it; all of it made by this code."""
