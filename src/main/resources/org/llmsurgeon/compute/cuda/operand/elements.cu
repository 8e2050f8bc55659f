// Elementwise steps, dots, gathering. Suffixes: f is float, d is double; of two, the first is the input's.

template <class X, class Y>
__device__ inline void convert(const X* x, Y* y, Index count) {
  EACH(i, count) y[i] = (Y) x[i];
}

extern "C" __global__ void convert_fd(const float* x, double* y, Index count) { convert(x, y, count); }
extern "C" __global__ void convert_df(const double* x, float* y, Index count) { convert(x, y, count); }

/** y <- alpha x + y, computed in A. */
template <class A, class X, class Y>
__device__ inline void addScaled(A alpha, const X* x, Y* y, Index count) {
  EACH(i, count) y[i] = (Y) (alpha * (A) x[i] + (A) y[i]);
}

extern "C" __global__ void add_ff(double alpha, const float* x, float* y, Index count) {
  addScaled((float) alpha, x, y, count);
}
extern "C" __global__ void add_fd(double alpha, const float* x, double* y, Index count) {
  addScaled(alpha, x, y, count);
}
extern "C" __global__ void add_df(double alpha, const double* x, float* y, Index count) {
  addScaled(alpha, x, y, count);
}
extern "C" __global__ void add_dd(double alpha, const double* x, double* y, Index count) {
  addScaled(alpha, x, y, count);
}

extern "C" __global__ void scale_f(double alpha, float* x, Index count) {
  float factor = (float) alpha;
  EACH(i, count) x[i] = factor * x[i];
}
extern "C" __global__ void scale_d(double alpha, double* x, Index count) {
  EACH(i, count) x[i] = alpha * x[i];
}

extern "C" __global__ void multiplyElements_f(const float* x, float* y, Index count) {
  EACH(i, count) y[i] = x[i] * y[i];
}
extern "C" __global__ void multiplyElements_d(const double* x, double* y, Index count) {
  EACH(i, count) y[i] = x[i] * y[i];
}

/** The lowest index of an element that is not finite; first holds the largest number before. */
template <class T>
__device__ inline void firstNonFinite(const T* x, Index count, unsigned long long* first) {
  EACH(i, count) {
    if (!isFinite(x[i])) {
      atomicMin(first, (unsigned long long) i);
      return;
    }
  }
}

/** The same for one of many checks, whose number is in the upper bits. */
template <class T>
__device__ inline void noteNonFinite(const T* x, Index count, Index number, unsigned long long* first) {
  EACH(i, count) {
    if (!isFinite(x[i])) {
      atomicMin(first, (unsigned long long) (number | i));
      return;
    }
  }
}

extern "C" __global__ void noteNonFinite_f(
    const float* x, Index count, Index number, unsigned long long* first) {
  noteNonFinite(x, count, number, first);
}
extern "C" __global__ void noteNonFinite_d(
    const double* x, Index count, Index number, unsigned long long* first) {
  noteNonFinite(x, count, number, first);
}

extern "C" __global__ void firstNonFinite_f(const float* x, Index count, unsigned long long* first) {
  firstNonFinite(x, count, first);
}
extern "C" __global__ void firstNonFinite_d(const double* x, Index count, unsigned long long* first) {
  firstNonFinite(x, count, first);
}

/** A block for each row. */
template <class T>
__device__ inline void rowDots(const T* x, const T* y, double* dots, int columns) {
  __shared__ double sums[32];
  Index row = (Index) blockIdx.x * columns;
  double sum = 0;
  EACH_COLUMN(j, columns) sum += (double) x[row + j] * (double) y[row + j];
  sum = blockSum(sum, sums);
  if (threadIdx.x == 0) dots[blockIdx.x] = sum;
}

extern "C" __global__ void rowDots_f(const float* x, const float* y, double* dots, int columns) {
  rowDots(x, y, dots, columns);
}
extern "C" __global__ void rowDots_d(const double* x, const double* y, double* dots, int columns) {
  rowDots(x, y, dots, columns);
}

/** Sums over a stretch of rows: a thread for each column, blockIdx.y for each stretch. */
template <class T>
__device__ inline void columnDots(const T* x, const T* y, double* parts, int rows, int columns, int stretch) {
  int j = blockIdx.x * blockDim.x + threadIdx.x;
  if (j >= columns) return;
  int from = blockIdx.y * stretch;
  int to = min(rows, from + stretch);
  double sum = 0;
  for (int i = from; i < to; i++) {
    Index at = (Index) i * columns + j;
    sum += (double) x[at] * (y == nullptr ? 1.0 : (double) y[at]);
  }
  parts[(Index) blockIdx.y * columns + j] = sum;
}

extern "C" __global__ void columnDots_f(
    const float* x, const float* y, double* parts, int rows, int columns, int stretch) {
  columnDots(x, y, parts, rows, columns, stretch);
}
extern "C" __global__ void columnDots_d(
    const double* x, const double* y, double* parts, int rows, int columns, int stretch) {
  columnDots(x, y, parts, rows, columns, stretch);
}

/** sums += what the stretches gave, one after the other. */
template <class T>
__device__ inline void addStretches(const double* parts, T* sums, int stretches, int columns) {
  EACH(j, columns) {
    double sum = 0;
    for (int s = 0; s < stretches; s++) sum += parts[(Index) s * columns + j];
    sums[j] = (T) ((double) sums[j] + sum);
  }
}

extern "C" __global__ void addStretches_f(const double* parts, float* sums, int stretches, int columns) {
  addStretches(parts, sums, stretches, columns);
}
extern "C" __global__ void addStretches_d(const double* parts, double* sums, int stretches, int columns) {
  addStretches(parts, sums, stretches, columns);
}

/** A block for each row of the smaller matrix; an index that is not there means all. */
template <class T>
__device__ inline void gather(
    const T* from, const int* rows, const int* columns, T* to, int toColumns, int fromColumns) {
  Index source = (Index) (rows == nullptr ? blockIdx.x : rows[blockIdx.x]) * fromColumns;
  Index target = (Index) blockIdx.x * toColumns;
  EACH_COLUMN(j, toColumns) to[target + j] = from[source + (columns == nullptr ? j : columns[j])];
}

extern "C" __global__ void gather_f(
    const float* from, const int* rows, const int* columns, float* to, int toColumns, int fromColumns) {
  gather(from, rows, columns, to, toColumns, fromColumns);
}
extern "C" __global__ void gather_d(
    const double* from, const int* rows, const int* columns, double* to, int toColumns, int fromColumns) {
  gather(from, rows, columns, to, toColumns, fromColumns);
}

template <class T>
__device__ inline void scatter(
    const T* from, const int* rows, const int* columns, T* to, int toColumns, int fromColumns) {
  Index source = (Index) blockIdx.x * fromColumns;
  Index target = (Index) (rows == nullptr ? blockIdx.x : rows[blockIdx.x]) * toColumns;
  EACH_COLUMN(j, fromColumns) to[target + (columns == nullptr ? j : columns[j])] = from[source + j];
}

extern "C" __global__ void scatter_f(
    const float* from, const int* rows, const int* columns, float* to, int toColumns, int fromColumns) {
  scatter(from, rows, columns, to, toColumns, fromColumns);
}
extern "C" __global__ void scatter_d(
    const double* from, const int* rows, const int* columns, double* to, int toColumns, int fromColumns) {
  scatter(from, rows, columns, to, toColumns, fromColumns);
}

/** bfloat16 is the upper half of a float; rounded to the nearest, ties to even, NaN kept. */
extern "C" __global__ void toBfloat16(const float* x, unsigned short* y, Index count) {
  EACH(i, count) {
    unsigned bits = __float_as_uint(x[i]);
    bool notNumber = (bits & 0x7fffffffu) > 0x7f800000u;
    y[i] = notNumber ? 0x7fc0 : (unsigned short) ((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
  }
}

extern "C" __global__ void fromBfloat16(const unsigned short* x, float* y, Index count) {
  EACH(i, count) y[i] = __uint_as_float((unsigned) x[i] << 16);
}

/** A step of Adam, in double. */
extern "C" __global__ void adam(
    float* value, const float* gradient, float* first, float* second, double rate, double clip, double keptFirst,
    double correctFirst, double keptSecond, double correctSecond, double epsilon, double decay, Index count) {
  EACH(i, count) {
    double g = clip * gradient[i];
    double m = keptFirst * first[i] + (1 - keptFirst) * g;
    double v = keptSecond * second[i] + (1 - keptSecond) * g * g;
    first[i] = (float) m;
    second[i] = (float) v;
    double direction = m / correctFirst / (sqrt(v / correctSecond) + epsilon);
    value[i] = (float) (value[i] - rate * (direction + decay * value[i]));
  }
}

/** to[j, i] = from[i, j], in tiles of 32; blockIdx.y is the tile's row, x its column. */
extern "C" __global__ void transpose(const float* from, float* to, int rows, int columns) {
  __shared__ float tile[32][33];
  int lane = threadIdx.x & 31;
  for (int i = threadIdx.x >> 5; i < 32; i += blockDim.x >> 5) {
    Index row = (Index) blockIdx.y * 32 + i;
    int column = blockIdx.x * 32 + lane;
    if (row < rows && column < columns) tile[i][lane] = from[row * columns + column];
  }
  __syncthreads();
  for (int i = threadIdx.x >> 5; i < 32; i += blockDim.x >> 5) {
    Index row = (Index) blockIdx.x * 32 + i;
    int column = blockIdx.y * 32 + lane;
    if (row < columns && column < rows) to[row * rows + column] = tile[lane][i];
  }
}
