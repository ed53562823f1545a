"""Lyrics of one file, and the formats they are written in. Imported by workers."""
