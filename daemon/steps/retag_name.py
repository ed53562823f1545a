"""The name of the file that retag makes, for those who fetch it without loading the step."""

NAME = "tagged"
