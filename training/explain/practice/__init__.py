"""Practising to read faces: a local page that shows pictures of a data set and asks for the expression."""
