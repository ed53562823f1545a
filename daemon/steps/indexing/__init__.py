"""The work of the step `index`, and what reads its result."""
