"""Measurements of whole processes and of networks, which `benchmarks/run.py` puts together to docs/performance.md."""
