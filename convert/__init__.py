"""Host side: from a Keras model to an int8 bundle, and on to the Edge TPU."""
