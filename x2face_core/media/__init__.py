"""Reading and writing of pictures, films and sound, and face detection.

Pictures are numpy arrays, uint8 RGB (h, w, 3). Nothing here imports torch.
"""
