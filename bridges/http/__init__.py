"""HTTP: the API, events, uploads, and who is let in."""
