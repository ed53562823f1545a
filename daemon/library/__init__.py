"""The tables, their only reader and writer; search; migrations."""
