"""The one way to touch the disk outside roadie's own state: reserve, write ahead, rename, reconcile, undo."""
