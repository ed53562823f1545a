"""The weight store: list, pull, verify, add, remove. Knows files, sizes, licences and hashes, not engines."""
