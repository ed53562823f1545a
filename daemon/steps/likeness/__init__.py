"""Whether two files hold the same hit: the work of the steps `pairs` and `compare`."""
