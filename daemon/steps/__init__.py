"""Units of computing: pure functions in a worker from files and parameters to files and a result."""
