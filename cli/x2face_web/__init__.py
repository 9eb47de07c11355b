"""The studio: a page in the browser on which a face is loaded, painted on, driven and saved (`x2face web`).

Only `page`, `widgets`, `handlers` and `server` import gradio; the rest is plain Python over `x2face.Session`.
"""
