"""Steps in supervised worker processes on this machine.

Process-pool libraries offer neither affinity to warm models, nor pause, nor an end after idling, so the supervisor is
our own. Workers are started with `subprocess` and a pipe, rather than `multiprocessing.Process`: nothing of the
parent's `__main__` is imported again in them, there is no resource-tracker process beside them, their standard
streams and thread caps are set before they start, and each is the leader of its own session.

`executor.LocalExecutor` is the way in; nothing is imported here, because a worker imports this package too.
"""
