"""Host side: data sets, networks, fitting and honest measuring. Keras 3, whichever backend there is."""

import os

# oneDNN's backward convolution (1x1, stride 2) crashes on AVX-512 machines in the middle of an epoch (seen
# with TensorFlow 2.20 and 2.21, and with torch); its AVX2 code does not, and is no slower. It is read when
# Keras's backend is imported, which no module of this package does before this line.
os.environ.setdefault("ONEDNN_MAX_CPU_ISA", "AVX2")
