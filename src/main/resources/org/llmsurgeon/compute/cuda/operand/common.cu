// Plain CUDA C++ without headers: compiled by NVRTC for the card at hand, and by a C++ compiler for
// tests on machines without one. Blocks have one dimension of a multiple of 32 threads, at most 1024.
// Sums are taken in a fixed order and never with atomics: the same call gives the same bits.

typedef long long Index;

#define FULL_WARP 0xffffffffu

/** One element after the other, shared out over the whole grid. */
#define EACH(i, count) \
  for (Index i = (Index) blockIdx.x * blockDim.x + threadIdx.x; i < (count); \
       i += (Index) gridDim.x * blockDim.x)

/** The columns of a row, shared out over the block. */
#define EACH_COLUMN(j, columns) for (int j = threadIdx.x; j < (columns); j += blockDim.x)

template <class T>
__device__ inline T warpSum(T value) {
  for (int distance = 16; distance > 0; distance >>= 1) {
    value += __shfl_xor_sync(FULL_WARP, value, distance);
  }
  return value;
}

__device__ inline float warpMaximum(float value) {
  for (int distance = 16; distance > 0; distance >>= 1) {
    value = fmaxf(value, __shfl_xor_sync(FULL_WARP, value, distance));
  }
  return value;
}

/** The sum over all threads of a block, in every thread. The buffer has 32 places. */
template <class T>
__device__ inline T blockSum(T value, T* buffer) {
  value = warpSum(value);
  int lane = threadIdx.x & 31;
  if (lane == 0) buffer[threadIdx.x >> 5] = value;
  __syncthreads();
  value = warpSum(lane < (int) (blockDim.x >> 5) ? buffer[lane] : T(0));
  __syncthreads();
  return value;
}

/** The maximum over all threads of a block, in every thread; NaN counts as nothing. */
__device__ inline float blockMaximum(float value, float* buffer) {
  value = warpMaximum(value);
  int lane = threadIdx.x & 31;
  if (lane == 0) buffer[threadIdx.x >> 5] = value;
  __syncthreads();
  value = warpMaximum(lane < (int) (blockDim.x >> 5) ? buffer[lane] : buffer[0]);
  __syncthreads();
  return value;
}

__device__ inline bool isFinite(float x) { return fabsf(x) <= 3.402823466e38f; }

__device__ inline bool isFinite(double x) { return fabs(x) <= 1.7976931348623157e308; }
