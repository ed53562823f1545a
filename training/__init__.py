"""Scripts that make the small tables of weights in the project from material that they synthesise."""
