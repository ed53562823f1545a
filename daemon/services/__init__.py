"""The use cases: what a bridge, a rule action or the command line may ask for."""
