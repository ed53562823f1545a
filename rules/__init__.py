"""Rules: when, if, then."""
