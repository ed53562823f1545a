"""The work of the step `hear`: many files in one call, each decoded once."""
