"""Hearing things: a process of its own that decodes and plays through the default output, and what speaks to it."""
