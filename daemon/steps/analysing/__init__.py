"""What is measured of a whole sound: tempo, bars, key, level."""
