"""Notes of one file, and MIDI files of all notes and drum hits of a source. Imported by workers."""
