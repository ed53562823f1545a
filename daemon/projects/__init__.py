"""Readers of DAW projects: pure, read-only, bounded; they run in a worker, because a project is a file from outside."""
