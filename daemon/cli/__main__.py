"""`python -m daemon.cli`: how a command starts a daemon of its own."""

from daemon.cli import main

if __name__ == "__main__":
    main()
