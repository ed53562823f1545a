"""The one way to touch the disk outside roadie's own state: write-ahead, rename, reconcile, undo (the journal)."""
