"""Reading and writing of files in general: atomic writes, locks, checksums, errors. It knows no file's content."""
