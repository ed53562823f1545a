"""One package per outside; each adapts between it and the services."""
