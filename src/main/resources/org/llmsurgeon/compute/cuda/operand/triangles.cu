// Diagonals and lower triangles of square matrices; a packed triangle holds (i, j) at i (i + 1) / 2 + j.

extern "C" __global__ void addDiagonal_f(float* a, int n, double value) {
  EACH(i, n) a[i * n + i] = (float) ((double) a[i * n + i] + value);
}
extern "C" __global__ void addDiagonal_d(double* a, int n, double value) {
  EACH(i, n) a[i * n + i] += value;
}

extern "C" __global__ void diagonal_f(const float* a, int n, double* out) {
  EACH(i, n) out[i] = (double) a[i * n + i];
}
extern "C" __global__ void diagonal_d(const double* a, int n, double* out) {
  EACH(i, n) out[i] = a[i * n + i];
}

/** Lower triangle onto the upper one, in tiles of 32: blockIdx.y is the tile's row, x its column. */
template <class T>
__device__ inline void mirror(T* a, int n) {
  __shared__ T tile[32][33];
  if (blockIdx.x > blockIdx.y) return;
  int lane = threadIdx.x & 31;
  for (int i = threadIdx.x >> 5; i < 32; i += blockDim.x >> 5) {
    int row = blockIdx.y * 32 + i;
    int column = blockIdx.x * 32 + lane;
    if (row < n && column <= row) tile[i][lane] = a[(Index) row * n + column];
  }
  __syncthreads();
  for (int i = threadIdx.x >> 5; i < 32; i += blockDim.x >> 5) {
    int row = blockIdx.x * 32 + i;
    int column = blockIdx.y * 32 + lane;
    if (column < n && column > row) a[(Index) row * n + column] = tile[lane][i];
  }
}

extern "C" __global__ void mirror_f(float* a, int n) { mirror(a, n); }
extern "C" __global__ void mirror_d(double* a, int n) { mirror(a, n); }

/** A block for each row. */
template <class T>
__device__ inline void clearUpper(T* a, int n) {
  Index row = blockIdx.x;
  for (int j = (int) row + 1 + threadIdx.x; j < n; j += blockDim.x) a[row * n + j] = 0;
}

extern "C" __global__ void clearUpper_f(float* a, int n) { clearUpper(a, n); }
extern "C" __global__ void clearUpper_d(double* a, int n) { clearUpper(a, n); }

/** A block for each row of the lower triangle. */
template <class X, class Y>
__device__ inline void unpackLower(const X* packed, Y* full, int n) {
  Index i = blockIdx.x;
  for (Index j = threadIdx.x; j <= i; j += blockDim.x) {
    full[i * n + j] = (Y) packed[i * (i + 1) / 2 + j];
  }
}

extern "C" __global__ void unpackLower_ff(const float* p, float* a, int n) { unpackLower(p, a, n); }
extern "C" __global__ void unpackLower_fd(const float* p, double* a, int n) { unpackLower(p, a, n); }
extern "C" __global__ void unpackLower_df(const double* p, float* a, int n) { unpackLower(p, a, n); }
extern "C" __global__ void unpackLower_dd(const double* p, double* a, int n) { unpackLower(p, a, n); }

template <class X, class Y>
__device__ inline void pack(const X* full, Y* packed, int n) {
  Index i = blockIdx.x;
  for (Index j = threadIdx.x; j <= i; j += blockDim.x) {
    packed[i * (i + 1) / 2 + j] = (Y) full[i * n + j];
  }
}

extern "C" __global__ void pack_ff(const float* a, float* p, int n) { pack(a, p, n); }
extern "C" __global__ void pack_fd(const float* a, double* p, int n) { pack(a, p, n); }
extern "C" __global__ void pack_df(const double* a, float* p, int n) { pack(a, p, n); }
extern "C" __global__ void pack_dd(const double* a, double* p, int n) { pack(a, p, n); }

/** packed += alpha panel, whose first row is row `first` of the triangle; a block for each row. */
template <class X, class Y>
__device__ inline void addPanelPacked(const X* panel, int width, Y* packed, int first, double alpha) {
  Index i = (Index) first + blockIdx.x;
  const X* row = panel + (Index) blockIdx.x * width;
  Y* sums = packed + i * (i + 1) / 2;
  for (Index j = threadIdx.x; j <= i; j += blockDim.x) {
    sums[j] = (Y) ((double) sums[j] + alpha * (double) row[j]);
  }
}

extern "C" __global__ void addPanelPacked_ff(const float* x, int w, float* p, int first, double alpha) {
  addPanelPacked(x, w, p, first, alpha);
}
extern "C" __global__ void addPanelPacked_fd(const float* x, int w, double* p, int first, double alpha) {
  addPanelPacked(x, w, p, first, alpha);
}
extern "C" __global__ void addPanelPacked_df(const double* x, int w, float* p, int first, double alpha) {
  addPanelPacked(x, w, p, first, alpha);
}
extern "C" __global__ void addPanelPacked_dd(const double* x, int w, double* p, int first, double alpha) {
  addPanelPacked(x, w, p, first, alpha);
}

/** Lower triangle of c <- alpha panel + beta c; with beta = 0 what c held is not read. */
template <class T>
__device__ inline void setPanelLower(
    const T* panel, int width, T* c, int n, int first, double alpha, double beta) {
  Index i = (Index) first + blockIdx.x;
  const T* row = panel + (Index) blockIdx.x * width;
  T* sums = c + i * n;
  for (Index j = threadIdx.x; j <= i; j += blockDim.x) {
    double before = beta == 0 ? 0 : beta * (double) sums[j];
    sums[j] = (T) (alpha * (double) row[j] + before);
  }
}

extern "C" __global__ void setPanelLower_f(
    const float* x, int w, float* c, int n, int first, double alpha, double beta) {
  setPanelLower(x, w, c, n, first, alpha, beta);
}
extern "C" __global__ void setPanelLower_d(
    const double* x, int w, double* c, int n, int first, double alpha, double beta) {
  setPanelLower(x, w, c, n, first, alpha, beta);
}
