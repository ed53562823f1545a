"""Builds the daemon from its parts."""
