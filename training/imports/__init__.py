"""Model files that may be anybody's: what they are, read so that nothing in them runs as a program."""
