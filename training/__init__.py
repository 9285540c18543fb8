"""Host side: data sets, networks, fitting and honest measuring. Keras 3, whichever backend there is."""
