"""The user's plug-ins: where they are, what scans found, and the process that hosts them and may die.

Light: `folders`, `binary`, `catalogue` and `resolve`. Only `host_child` and what it imports load pedalboard, in a
process of its own.
"""
