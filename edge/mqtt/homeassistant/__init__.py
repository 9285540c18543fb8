"""Home Assistant: what it is told of this device, when, and how that is taken back."""
