"""Which part of a recipe is worth what: fits that differ in one thing each, side by side in a table."""
