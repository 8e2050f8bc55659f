// The rows of attention scores and of logits: tiles [heads, rows, columns], a block for each row.

/** The first column that a row sees; window 0 sees all. */
__device__ inline int firstSeen(int seen, int window) {
  return window > 0 && seen > window ? seen - window : 0;
}

/** Row i of a tile sees columns 0 .. first + i as far as there are, the last of a window: their softmax, and 0 beyond. */
extern "C" __global__ void attentionSoftmax(
    float* scores, int rows, int columns, int first, int window, float scale) {
  __shared__ float maxima[32];
  __shared__ float sums[32];
  float* row = scores + (Index) blockIdx.x * columns;
  int seen = min(columns, first + (int) (blockIdx.x % rows) + 1);
  int from = firstSeen(seen, window);
  float most = row[seen - 1] * scale;
  EACH_COLUMN(j, seen) most = j < from ? most : fmaxf(most, row[j] * scale);
  most = blockMaximum(most, maxima);
  float sum = 0;
  EACH_COLUMN(j, seen) {
    float e = j < from ? 0.0f : expf(row[j] * scale - most);
    row[j] = e;
    sum += e;
  }
  float inverse = 1.0f / blockSum(sum, sums);
  EACH_COLUMN(j, columns) row[j] = j < seen ? row[j] * inverse : 0.0f;
}

/** dScores, which held the gradient of the softmax, <- p (d - sum p d). */
extern "C" __global__ void attentionSoftmaxBackward(const float* p, float* dScores, int rows, int columns, int first) {
  __shared__ float sums[32];
  Index start = (Index) blockIdx.x * columns;
  int seen = min(columns, first + (int) (blockIdx.x % rows) + 1);
  float sum = 0;
  EACH_COLUMN(j, seen) sum += p[start + j] * dScores[start + j];
  sum = blockSum(sum, sums);
  EACH_COLUMN(j, columns) {
    dScores[start + j] = j < seen ? p[start + j] * (dScores[start + j] - sum) : 0.0f;
  }
}

/** log sum exp of a row of logits, in every thread. */
struct RowNormalizer {
  float most;
  double sum;
};

__device__ inline RowNormalizer rowNormalizer(const float* row, int columns, float* maxima, double* sums) {
  RowNormalizer result;
  float most = row[0];
  EACH_COLUMN(j, columns) most = fmaxf(most, row[j]);
  result.most = blockMaximum(most, maxima);
  double sum = 0;
  EACH_COLUMN(j, columns) sum += (double) expf(row[j] - result.most);
  result.sum = blockSum(sum, sums);
  return result;
}

extern "C" __global__ void crossEntropy(const float* logits, const int* targets, double* losses, int columns) {
  __shared__ float maxima[32];
  __shared__ double sums[32];
  const float* row = logits + (Index) blockIdx.x * columns;
  int target = targets[blockIdx.x];
  RowNormalizer normalizer = rowNormalizer(row, columns, maxima, sums);
  if (threadIdx.x == 0) {
    losses[blockIdx.x] =
        target < 0 ? 0.0 : (double) normalizer.most + log(normalizer.sum) - (double) row[target];
  }
}

extern "C" __global__ void crossEntropyBackward(
    float* logits, const double* goals, const double* weights, int columns) {
  __shared__ float maxima[32];
  __shared__ double sums[32];
  float* row = logits + (Index) blockIdx.x * columns;
  int goal = (int) goals[blockIdx.x];
  RowNormalizer normalizer = rowNormalizer(row, columns, maxima, sums);
  double weight = weights[blockIdx.x];
  EACH_COLUMN(j, columns) {
    double softmax = (double) expf(row[j] - normalizer.most) / normalizer.sum;
    row[j] = goal < 0 ? 0.0f : (float) (weight * (softmax - (j == goal ? 1.0 : 0.0)));
  }
}

/**
 * The first column up to which the softmax of a row sums to more than a number, -1 where that is below
 * 0. Each thread has a stretch of columns; the stretches are passed one after the other.
 */
extern "C" __global__ void sample(const float* logits, const double* uniforms, double* drawn, int columns) {
  __shared__ float maxima[32];
  __shared__ double stretches[1024];
  const float* row = logits + (Index) blockIdx.x * columns;
  double uniform = uniforms[blockIdx.x];
  float most = row[0];
  EACH_COLUMN(j, columns) most = fmaxf(most, row[j]);
  most = blockMaximum(most, maxima);
  int width = (columns + (int) blockDim.x - 1) / (int) blockDim.x;
  int from = (int) threadIdx.x * width;
  double sum = 0;
  for (int j = from; j < min(columns, from + width); j++) sum += exp((double) row[j] - (double) most);
  stretches[threadIdx.x] = sum;
  __syncthreads();
  if (threadIdx.x > 0) return;
  double all = 0;
  for (int t = 0; t < (int) blockDim.x; t++) all += stretches[t];
  double hit = uniform * all;
  double passed = 0;
  int stretch = 0;
  while (stretch < (int) blockDim.x && !(hit < passed + stretches[stretch])) passed += stretches[stretch++];
  int column = min(columns - 1, stretch * width);
  while (column < columns - 1) {
    passed += exp((double) row[column] - (double) most);
    if (hit < passed) break;
    column++;
  }
  drawn[blockIdx.x] = uniform < 0 ? -1.0 : (double) column;
}
