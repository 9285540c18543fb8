"""What a measurement leaves for people: one page that needs nothing else, its charts as pictures, and JSON."""
