/* Stands in for libedgetpu: an external delegate of TFLite that takes the operation "edgetpu-custom-op" and
 * computes it itself, as a softmax of int8.
 *
 * MIEN_STAND_IN says what it does wrong, read anew at every call. At the start:
 *     fail_open  crash_open  hang_open       when the stick is opened
 *     fail_apply crash_apply hang_apply      when it is given the graph
 * and while it works, from the N-th inference of this process on (or at once, without ":N"):
 *     fail:N  crash:N  hang:N  wrong:N
 *     slow                                   right, after 30 ms
 * and hang_close, when it is let go. Anything else, or nothing: all is well.
 *
 * The declarations are the parts of TFLite's C interface (tensorflow/lite/core/c/common.h) that a delegate
 * meets; their order and size are what counts. A TfLiteRegistration is handed over by value, which is why a
 * libedgetpu that was built for an older TFLite, with a shorter one, crashes.
 */
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OK = 0, ERROR = 1 };

typedef struct { int size; int data[]; } IntArray;

typedef struct Tensor {
    int type;
    int8_t *data;
    IntArray *dims;
    struct { float scale; int32_t zero_point; } quantization;
    int allocation_type;
    size_t bytes;
    const void *allocation;
    const char *name;
    void *delegate;
    int buffer_handle;
    bool data_is_stale, is_variable;
    struct { int type; void *params; } quantization_in_full;
    void *sparsity;
    const IntArray *dims_signature;
} Tensor;

typedef struct {
    IntArray *inputs, *outputs, *intermediates, *temporaries;
    void *user_data;
    /* more follows, which is not touched here */
} Node;

struct Context;

typedef struct {
    void *(*init)(struct Context *, const char *, size_t);
    void (*free)(struct Context *, void *);
    int (*prepare)(struct Context *, Node *);
    int (*invoke)(struct Context *, Node *);
    const char *(*profiling_string)(const struct Context *, const Node *);
    int32_t builtin_code;
    const char *custom_name;
    int version;
    void *registration_external;
    void *async_kernel;
    uint64_t inplace_operator;
} Registration;

typedef struct Delegate {
    void *data;
    int (*prepare)(struct Context *, struct Delegate *);
    void *copy_from_buffer_handle, *copy_to_buffer_handle, *free_buffer_handle;
    int64_t flags;
    void *opaque_delegate_builder;
} Delegate;

typedef struct Context {
    size_t tensors_size;
    int (*get_execution_plan)(struct Context *, IntArray **);
    Tensor *tensors;
    void *impl;
    void *resize_tensor;
    void (*report_error)(struct Context *, const char *, ...);
    void *add_tensors;
    int (*get_node_and_registration)(struct Context *, int, Node **, Registration **);
    int (*replace_node_subsets_with_delegate_kernels)(struct Context *, Registration, const IntArray *, Delegate *);
    /* more follows, which is not touched here */
} Context;

static long inferences = 0;

static int *volatile nowhere = NULL; /* volatile: a compiler leaves out what it sees to be undefined */

static void crash(void) {
    *nowhere = 0;
}

static void hang(void) {
    for (;;) sleep(1000);
}

static bool told(const char *what) {
    const char *mode = getenv("MIEN_STAND_IN");
    return mode && strcmp(mode, what) == 0;
}

/* Whether a fault of the form WHAT or WHAT:N has begun. */
static bool told_by_now(const char *what) {
    const char *mode = getenv("MIEN_STAND_IN");
    size_t length = strlen(what);
    if (!mode || strncmp(mode, what, length) != 0) return false;
    if (mode[length] == '\0') return true;
    return mode[length] == ':' && inferences >= atol(mode + length + 1);
}

static void softmax(const Tensor *source, Tensor *sink) {
    float sum = 0;
    int8_t highest = -128;
    for (size_t i = 0; i < source->bytes; i++)
        if (source->data[i] > highest) highest = source->data[i];
    for (size_t i = 0; i < source->bytes; i++)
        sum += expf((source->data[i] - highest) * source->quantization.scale);
    for (size_t i = 0; i < source->bytes; i++) {
        float share = expf((source->data[i] - highest) * source->quantization.scale) / sum;
        long quantized = lrintf(share / sink->quantization.scale) + sink->quantization.zero_point;
        sink->data[i] = quantized > 127 ? 127 : (int8_t)quantized;
    }
}

/* The scores of the wrong classes: each is the next one's. */
static void turn(Tensor *sink) {
    int8_t first = sink->data[0];
    memmove(sink->data, sink->data + 1, sink->bytes - 1);
    sink->data[sink->bytes - 1] = first;
}

static int kernel_prepare(Context *context, Node *node) {
    (void)context;
    return node->inputs->size == 1 && node->outputs->size == 1 ? OK : ERROR;
}

static int kernel_invoke(Context *context, Node *node) {
    inferences++;
    if (told_by_now("crash")) crash();
    if (told_by_now("hang")) hang();
    if (told_by_now("fail")) {
        context->report_error(context, "stand-in: the transfer to the stick failed");
        return ERROR;
    }
    if (told("slow")) usleep(30000);
    Tensor *sink = &context->tensors[node->outputs->data[0]];
    softmax(&context->tensors[node->inputs->data[0]], sink);
    if (told_by_now("wrong")) turn(sink);
    return OK;
}

static int delegate_prepare(Context *context, Delegate *delegate) {
    if (told("crash_apply")) crash();
    if (told("hang_apply")) hang();
    if (told("fail_apply")) {
        context->report_error(context, "stand-in: the executable does not fit this runtime");
        return ERROR;
    }
    IntArray *plan;
    if (context->get_execution_plan(context, &plan) != OK) return ERROR;
    IntArray *taken = calloc(1, sizeof(IntArray) + plan->size * sizeof(int));
    for (int i = 0; i < plan->size; i++) {
        Node *node;
        Registration *registration;
        if (context->get_node_and_registration(context, plan->data[i], &node, &registration) != OK) continue;
        if (registration->custom_name && strcmp(registration->custom_name, "edgetpu-custom-op") == 0)
            taken->data[taken->size++] = plan->data[i];
    }
    Registration kernel = {
        .prepare = kernel_prepare, .invoke = kernel_invoke, .custom_name = "StandIn", .version = 1};
    int status = context->replace_node_subsets_with_delegate_kernels(context, kernel, taken, delegate);
    free(taken);
    return status;
}

Delegate *tflite_plugin_create_delegate(char **keys, char **values, size_t count, void (*report)(const char *)) {
    (void)keys, (void)values, (void)count;
    if (told("crash_open")) crash();
    if (told("hang_open")) hang();
    if (told("fail_open")) return NULL; /* libedgetpu gives no reason either */
    (void)report;
    Delegate *delegate = calloc(1, sizeof(Delegate));
    delegate->prepare = delegate_prepare;
    delegate->flags = 1; /* allows dynamic tensors; else the graph would be prepared without us first */
    return delegate;
}

void tflite_plugin_destroy_delegate(Delegate *delegate) {
    if (told("hang_close")) hang();
    free(delegate);
}

const char *edgetpu_version(void) {
    const char *version = getenv("MIEN_STAND_IN_VERSION");
    return version ? version : "BuildLabel(COMPILER=stand-in,DATE=redacted,TIME=redacted), RuntimeVersion(14)";
}
