"""The films of `x2face demo`: whom they show, what drives them, the paint, and the inputs in the package."""
