"""Worker side: chain files and their rendering with pedalboard."""
