"""Audio files and signals, without state: probe, decode, encode, payload hash, peaks, loudness, WAV chunks."""
