"""Where in a face a network's score comes from: by covering parts of it, or by the network's own maps."""
