"""The aim page: what the camera sees, and what is found in it, for the one who sets the device up.

The loop hands each frame to an `Observer` by reference; all else happens when a browser asks, in threads of
the page's own.
"""
