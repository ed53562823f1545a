"""File events become settled files: what counts, when it counts, and who is told."""
