"""What a worker does for `separate`: audio to the engine's liking and back, and which files come out."""
