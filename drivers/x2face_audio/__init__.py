"""Speech moves the lips: the driver `audio` and its mapping from what is heard to driving vectors (paper 4.2)."""
