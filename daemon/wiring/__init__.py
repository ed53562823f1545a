"""Which parts the daemon is made of, and what each is handed; `daemon.app` starts and stops them."""
