"""The MIDI bridge: a port of our own, notes and controllers bound to commands, pads that play a kit."""
