"""Rules: when something happens, if it is so, then do this. They use services, as a bridge does, and nothing else."""
