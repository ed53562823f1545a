"""REAPER: its folders and files, and the scripts that roadie brings along."""
