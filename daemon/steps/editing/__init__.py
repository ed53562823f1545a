"""What a person edited, written as the steps of the same names write what they found. Imported by workers."""
