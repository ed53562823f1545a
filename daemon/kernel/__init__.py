"""Words shared by every layer: quantities with units, errors, events, the clock. Standard library only."""
