"""Adapters round models and algorithms. Worker side: nothing here is loaded in the daemon but the specs."""
