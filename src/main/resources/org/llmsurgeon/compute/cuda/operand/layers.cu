// Layers of a network, forward and backward, in single precision.

/** dTable[ids[b]] += dOut of the tokens order[starts[b]] .. order[starts[b + 1] - 1], in that order. */
extern "C" __global__ void embedBackward(
    const int* ids, const int* starts, const int* order, const float* dOut, float* dTable, int width) {
  int from = starts[blockIdx.x];
  int to = starts[blockIdx.x + 1];
  float* sums = dTable + (Index) ids[blockIdx.x] * width;
  EACH_COLUMN(j, width) {
    float sum = sums[j];
    for (int t = from; t < to; t++) sum += dOut[(Index) order[t] * width + j];
    sums[j] = sum;
  }
}

/** A block for each row. */
extern "C" __global__ void addBias(const float* bias, float* x, int width) {
  float* row = x + (Index) blockIdx.x * width;
  EACH_COLUMN(j, width) row[j] += bias[j];
}

/** What makes a row its normalised row, (x - shift) factor. */
struct RowMoments {
  double shift;
  double factor;
};

/** layer: mean and variance; otherwise the mean square alone. */
__device__ inline RowMoments rowMoments(const float* row, int width, bool layer, double epsilon, double* sums) {
  RowMoments moments;
  moments.shift = 0;
  if (layer) {
    double sum = 0;
    EACH_COLUMN(j, width) sum += (double) row[j];
    moments.shift = blockSum(sum, sums) / width;
  }
  double square = 0;
  EACH_COLUMN(j, width) {
    double x = (double) row[j] - moments.shift;
    square += x * x;
  }
  moments.factor = 1.0 / sqrt(blockSum(square, sums) / width + epsilon);
  return moments;
}

extern "C" __global__ void normalize(
    const float* x, const float* gain, const float* bias, float* out, int width, int layer, double epsilon) {
  __shared__ double sums[32];
  const float* row = x + (Index) blockIdx.x * width;
  float* to = out + (Index) blockIdx.x * width;
  RowMoments moments = rowMoments(row, width, layer != 0, epsilon, sums);
  float factor = (float) moments.factor;
  EACH_COLUMN(j, width) {
    float normalized = (float) ((double) row[j] - moments.shift) * factor;
    to[j] = normalized * gain[j] + (bias == nullptr ? 0.0f : bias[j]);
  }
}

/** With u the normalised row and v = gain dOut: dx += factor (v - mean(v) - u mean(u v)). */
extern "C" __global__ void normalizeBackward(
    const float* x, const float* gain, const float* dOut, float* dx, int width, int layer, double epsilon) {
  __shared__ double sums[32];
  Index start = (Index) blockIdx.x * width;
  const float* row = x + start;
  const float* gradient = dOut + start;
  float* to = dx + start;
  RowMoments moments = rowMoments(row, width, layer != 0, epsilon, sums);
  double plain = 0;
  double along = 0;
  EACH_COLUMN(j, width) {
    double v = (double) gain[j] * (double) gradient[j];
    plain += v;
    along += ((double) row[j] - moments.shift) * moments.factor * v;
  }
  along = blockSum(along, sums) / width;
  double mean = layer ? blockSum(plain, sums) / width : 0.0;
  EACH_COLUMN(j, width) {
    double v = (double) gain[j] * (double) gradient[j];
    double u = ((double) row[j] - moments.shift) * moments.factor;
    to[j] = (float) ((double) to[j] + moments.factor * (v - mean - u * along));
  }
}

extern "C" __global__ void normMoments(const float* x, double* moments, int width, int layer, double epsilon) {
  __shared__ double sums[32];
  RowMoments row = rowMoments(x + (Index) blockIdx.x * width, width, layer != 0, epsilon, sums);
  if (threadIdx.x == 0) {
    moments[2 * (Index) blockIdx.x] = row.shift;
    moments[2 * (Index) blockIdx.x + 1] = row.factor;
  }
}

/** Sums of normalised row times gradient over a stretch of rows, as columnDots. */
extern "C" __global__ void normGainDots(
    const float* x, const float* dOut, const double* moments, double* parts, int rows, int width, int stretch) {
  int j = blockIdx.x * blockDim.x + threadIdx.x;
  if (j >= width) return;
  int from = blockIdx.y * stretch;
  int to = min(rows, from + stretch);
  double sum = 0;
  for (int i = from; i < to; i++) {
    Index at = (Index) i * width + j;
    sum += ((double) x[at] - moments[2 * (Index) i]) * moments[2 * (Index) i + 1] * (double) dOut[at];
  }
  parts[(Index) blockIdx.y * width + j] = sum;
}

/** The numbers of the activations: the order of the Java enumeration. */
#define RELU 0
#define GELU 1
#define GELU_TANH 2
#define TANH 4

__device__ inline float logistic(float x) { return 1.0f / (1.0f + expf(-x)); }

/** (1 + tanh u) / 2 = logistic(2 u) of u = sqrt(2 / pi) (x + 0.044715 x^3): no digits cancel. */
__device__ inline float tanhArgument(float x) { return 1.5957691216f * (x + 0.044715f * x * x * x); }

/** The normal distribution function. */
__device__ inline float normalBelow(float x) { return 0.5f * erfcf(-0.7071067812f * x); }

__device__ inline float activation(int kind, float x) {
  if (kind == RELU) return x < 0.0f ? 0.0f : x;
  if (kind == GELU) return x * normalBelow(x);
  if (kind == GELU_TANH) return x * logistic(tanhArgument(x));
  if (kind == TANH) return tanhf(x);
  return x * logistic(x);
}

__device__ inline float activationSlope(int kind, float x) {
  if (kind == RELU) return x > 0.0f ? 1.0f : (x <= 0.0f ? 0.0f : x);
  if (kind == GELU) return normalBelow(x) + x * (0.3989422804f * expf(-0.5f * x * x));
  if (kind == GELU_TANH) {
    float part = logistic(tanhArgument(x));
    float rest = part * logistic(-tanhArgument(x));
    float slope = 1.5957691216f * (1.0f + 3.0f * 0.044715f * x * x);
    return part + (rest == 0.0f ? 0.0f : x * rest * slope);
  }
  // 1 - tanh^2 without cancelling digits
  if (kind == TANH) return 4.0f * logistic(2.0f * x) * logistic(-2.0f * x);
  // At large negative x the first factor is 0 and the second is finite
  return logistic(x) * (1.0f + x * logistic(-x));
}

extern "C" __global__ void activate(int kind, const float* x, float* out, Index count) {
  EACH(i, count) out[i] = activation(kind, x[i]);
}

extern "C" __global__ void activateBackward(int kind, const float* x, const float* dOut, float* dx, Index count) {
  EACH(i, count) dx[i] = activationSlope(kind, x[i]) * dOut[i];
}

extern "C" __global__ void gate(int kind, const float* in, const float* up, float* out, Index count) {
  EACH(i, count) out[i] = activation(kind, in[i]) * up[i];
}

extern "C" __global__ void gateBackward(
    int kind, const float* in, const float* up, const float* dOut, float* dGate, float* dUp, Index count) {
  EACH(i, count) {
    float x = in[i];
    float gradient = dOut[i];
    dGate[i] = activationSlope(kind, x) * up[i] * gradient;
    dUp[i] = activation(kind, x) * gradient;
  }
}

/** A block for each token: of each head of so many columns the first 2 half are rotated. */
extern "C" __global__ void rotate(
    const float* cosine, const float* sine, float* x, int pairs, int half, int head, int length,
    float direction) {
  Index position = (Index) (blockIdx.x % length) * half;
  float* row = x + (Index) blockIdx.x * (pairs / half) * head;
  EACH_COLUMN(pair, pairs) {
    int d = pair % half;
    float* low = row + (Index) (pair / half) * head + d;
    float* high = low + half;
    float c = cosine[position + d];
    float s = direction * sine[position + d];
    float a = *low;
    float b = *high;
    *low = a * c - b * s;
    *high = b * c + a * s;
  }
}
