"""What edgetpu_compiler 16.0 prints, as its users report (google-coral/edgetpu, issues 356, 439, 512, 631)."""

VERSION = "Edge TPU Compiler version 16.0.384591198\n"
_TIMER = "Started a compilation timeout timer of 180 seconds.\n\n"
_DONE = "Compilation child process completed within timeout period.\n"

WHOLE = (
    VERSION
    + _TIMER
    + """\
Model compiled successfully in 1524 ms.

Input model: {model}
Input size: {size}
Output model: {output}
Output size: 125.32KiB
On-chip memory used for caching model parameters: 124.00KiB
On-chip memory remaining for caching model parameters: 7.75MiB
Off-chip memory used for streaming uncached model parameters: 0.00B
Number of Edge TPU subgraphs: 1
Total number of operations: 33
Operation log: model_edgetpu.log

Operator                       Count      Status

DEPTHWISE_CONV_2D              8          Mapped to Edge TPU
CONV_2D                        15         Mapped to Edge TPU
MAX_POOL_2D                    4          Mapped to Edge TPU
ADD                            4          Mapped to Edge TPU
MEAN                           1          Mapped to Edge TPU
SOFTMAX                        1          Mapped to Edge TPU
"""
    + _DONE
    + "Compilation succeeded!\n"
)

PARTLY = (
    VERSION
    + _TIMER
    + """\
Model compiled successfully in 6283 ms.

Input model: {model}
Input size: {size}
Output model: {output}
Output size: 5.32MiB
On-chip memory used for caching model parameters: 4.64MiB
On-chip memory remaining for caching model parameters: 2.99MiB
Off-chip memory used for streaming uncached model parameters: 0.00B
Number of Edge TPU subgraphs: 1
Total number of operations: 267
Operation log: model_edgetpu.log

Model successfully compiled but not all operations are supported by the Edge TPU. A percentage of the model \
will instead run on the CPU, which is slower. If possible, consider updating your model to use only operations \
supported by the Edge TPU. For details, visit g.co/coral/model-reqs.
Number of operations that will run on Edge TPU: 264
Number of operations that will run on CPU: 3

Operator                       Count      Status

CONV_2D                        255        Mapped to Edge TPU
RESIZE_BILINEAR                1          Operation is otherwise supported, but not mapped due to some \
unspecified limitation
QUANTIZE                       1          Mapped to Edge TPU
QUANTIZE                       1          More than one subgraph is not supported
my-custom.op                   1          Operation is working on an unsupported data type
MEAN                           8          Mapped to Edge TPU
"""
    + _DONE
    + "Compilation succeeded!\n"
)

NOT_QUANTIZED = VERSION + _TIMER + "Invalid model: {model}\nModel not quantized\n"

NEWER_VERSION = (
    VERSION
    + _TIMER
    + """\
ERROR: Didn't find op for builtin opcode 'CONV_2D' version '6'. An older version of this builtin might be \
supported. Are you using an old TFLite binary with a newer model?

ERROR: Registration failed.

Invalid model: {model}
Model could not be parsed
"""
)

CUSTOM_OPERATION = (
    VERSION
    + _TIMER
    + """\
ERROR: Encountered unresolved custom op: Atan.
ERROR: Node number 1 (Atan) failed to prepare.

Compilation failed: Model failed in Tflite interpreter. Please ensure model can be loaded/run in \
Tflite interpreter.
"""
    + _DONE
    + "Compilation failed!\n"
)

TOO_LARGE = (
    VERSION
    + _TIMER
    + "\nCompilation failed: Compilation failed due to large activation tensors in model.\n"
    + _DONE
    + "Compilation failed!\n"
)

DYNAMIC_SIZES = (
    VERSION
    + _TIMER
    + "\nCompilation failed: Model has dynamic-sized tensors.\n"
    + _DONE
    + "Compilation failed!\n"
)

CRASHED = VERSION + "\nInternal compiler error. Aborting! \n"
