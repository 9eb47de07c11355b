"""From composed vectors to frames and files: the pipeline, whole runs, motion recordings, output paths."""
