"""What rules can do: one module for each action. None of them runs a shell."""
