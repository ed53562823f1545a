"""Deliver into plain folders: layout, names, provenance."""
