"""Cutting a stem at its onsets: detection, refinement, edges, duplicates, loops."""
