"""What is measured of every sound, cheaply enough for scans."""
