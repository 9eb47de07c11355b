"""From composed vectors to frames and files: the pipeline, whole jobs, recordings, where outputs go."""
