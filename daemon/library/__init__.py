"""The tables, their only reader and writer; events, search, migrations.

Writing functions run inside `Database.write`, on the writer thread and in one transaction; reading functions run
inside `Database.read`, on a reader thread. None of them is called on the event loop.
"""
