"""Where a step runs: `local` (supervised worker processes on this machine) behind one Protocol."""
