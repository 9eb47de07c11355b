"""The films of `x2face demo`: sources, drivers, paint, and the inputs in the package."""
