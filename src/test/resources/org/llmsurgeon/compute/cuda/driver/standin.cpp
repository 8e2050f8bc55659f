// Stands in for libcuda, libcublas, libcusolver and libnvrtc on a machine without a card: the same
// functions, the memory of the process, kernels as fibers, products and factorisations as plain
// loops. Compiled by the tests, together with the kernels and a table of their names.
#include "fibers.h"

#include <map>
#include <mutex>
#include <string>
#include <tuple>
#include <utility>

#include "kernels.inc"

typedef void* Handle;

namespace {
std::mutex lock;
std::map<uint64_t, size_t> blocks;
size_t held = 0;
size_t limit = size_t(1) << 33;
int64_t launches = 0;
int failure = 0;
std::string failing;

template <class... A, size_t... I>
void call(void (*kernel)(A...), void** values, std::index_sequence<I...>) {
  kernel(*static_cast<A*>(values[I])...);
}

template <class... A>
std::function<void(void**)> caller(void (*kernel)(A...)) {
  return [kernel](void** values) { call(kernel, values, std::index_sequence_for<A...>()); };
}

const std::map<std::string, std::function<void(void**)>>& kernels() {
  static const std::map<std::string, std::function<void(void**)>> table = {
#define KERNEL(name) {#name, caller(name)},
#include "names.inc"
#undef KERNEL
  };
  return table;
}

/** What a function of this name answers: 0, unless a test asked for a failure. */
int status(const char* name) { return failure != 0 && failing == name ? failure : 0; }
}  // namespace

#define ANSWER(name)                       \
  std::lock_guard<std::mutex> guard(lock); \
  if (int code = status(#name)) return code

extern "C" {
// ---- for tests only
int64_t standinBytes() { return held; }
int64_t standinBlocks() { return blocks.size(); }
int64_t standinLaunches() { return launches; }
void standinLimit(int64_t bytes) { limit = bytes; }
void standinBackwards(int on) { fibers::backwards = on != 0; }
void standinFail(const char* function, int code) {
  failing = function;
  failure = code;
}

// ---- the driver
int cuInit(unsigned) { ANSWER(cuInit); return 0; }
int cuDriverGetVersion(int* version) { ANSWER(cuDriverGetVersion); *version = 13000; return 0; }
int cuDeviceGetCount(int* count) { ANSWER(cuDeviceGetCount); *count = 2; return 0; }
int cuDeviceGet(int* device, int ordinal) { *device = ordinal; return ordinal < 2 ? 0 : 101; }
int cuDeviceGetName(char* name, int length, int device) {
  snprintf(name, length, "stand-in %d", device);
  return 0;
}
int cuDeviceGetAttribute(int* value, int attribute, int) {
  *value = attribute == 75 ? 9 : attribute == 16 ? 2 : 0;
  return 0;
}
int cuDeviceTotalMem_v2(size_t* bytes, int) { *bytes = limit; return 0; }
int cuDevicePrimaryCtxRetain(Handle* context, int device) {
  ANSWER(cuDevicePrimaryCtxRetain);
  *context = (Handle) (intptr_t) (device + 1);
  return 0;
}
int cuDevicePrimaryCtxRelease_v2(int) { return 0; }
int cuCtxSetCurrent(Handle) { return 0; }
int cuMemGetInfo_v2(size_t* free, size_t* total) {
  std::lock_guard<std::mutex> guard(lock);
  *free = limit - held;
  *total = limit;
  return 0;
}
int cuMemAlloc_v2(uint64_t* address, size_t bytes) {
  ANSWER(cuMemAlloc_v2);
  if (bytes == 0) return 1;
  if (held + bytes > limit) return 2;
  void* memory = nullptr;
  if (posix_memalign(&memory, 256, bytes)) return 2;
  memset(memory, 0xff, bytes);
  *address = (uint64_t) memory;
  blocks[*address] = bytes;
  held += bytes;
  return 0;
}
int cuMemFree_v2(uint64_t address) {
  ANSWER(cuMemFree_v2);
  auto block = blocks.find(address);
  if (block == blocks.end()) return 1;
  held -= block->second;
  blocks.erase(block);
  free((void*) address);
  return 0;
}
int cuMemAllocHost_v2(void** memory, size_t bytes) { *memory = malloc(bytes); return *memory ? 0 : 2; }
int cuMemFreeHost(void* memory) { free(memory); return 0; }
int cuMemcpyHtoDAsync_v2(uint64_t to, const void* from, size_t bytes, Handle) {
  ANSWER(cuMemcpyHtoDAsync_v2);
  memcpy((void*) to, from, bytes);
  return 0;
}
int cuMemcpyDtoHAsync_v2(void* to, uint64_t from, size_t bytes, Handle) {
  ANSWER(cuMemcpyDtoHAsync_v2);
  memcpy(to, (void*) from, bytes);
  return 0;
}
int cuMemcpyDtoDAsync_v2(uint64_t to, uint64_t from, size_t bytes, Handle) {
  memmove((void*) to, (void*) from, bytes);
  return 0;
}
int cuMemsetD8Async(uint64_t to, unsigned char value, size_t bytes, Handle) {
  memset((void*) to, value, bytes);
  return 0;
}
int cuStreamCreate(Handle* stream, unsigned) { *stream = (Handle) 1; return 0; }
int cuStreamDestroy_v2(Handle) { return 0; }
int cuStreamSynchronize(Handle) { ANSWER(cuStreamSynchronize); return 0; }
int cuStreamWaitEvent(Handle, Handle, unsigned) { return 0; }
int cuEventCreate(Handle* event, unsigned) { *event = (Handle) 1; return 0; }
int cuEventRecord(Handle, Handle) { return 0; }
int cuEventSynchronize(Handle) { return 0; }
int cuEventDestroy_v2(Handle) { return 0; }
int cuModuleLoadData(Handle* module, const void*) { ANSWER(cuModuleLoadData); *module = (Handle) 1; return 0; }
int cuModuleUnload(Handle) { return 0; }
int cuModuleGetFunction(Handle* function, Handle, const char* name) {
  auto found = kernels().find(name);
  if (found == kernels().end()) return 500;
  *function = (Handle) &found->second;
  return 0;
}
int cuLaunchKernel(
    Handle function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned,
    Handle, void** values, void**) {
  ANSWER(cuLaunchKernel);
  if (!gx || !gy || !gz || by != 1 || bz != 1 || bx % 32 || !bx || bx > 1024 || gy > 65535 || gz > 65535) return 1;
  launches++;
  const auto& kernel = *(const std::function<void(void**)>*) function;
  fibers::run({gx, gy, gz}, {bx, 1, 1}, [&] { kernel(values); });
  return 0;
}
int cuGetErrorName(int code, const char** name) { *name = code == 2 ? "OUT_OF_MEMORY" : "ERROR"; return 0; }

// ---- the compiler: its answer is never looked at
int nvrtcVersion(int* major, int* minor) { *major = *minor = 0; return 0; }
int nvrtcCreateProgram(Handle* program, const char*, const char*, int, Handle, Handle) { *program = (Handle) 1; return 0; }
int nvrtcCompileProgram(Handle, int, const char**) { return status("nvrtcCompileProgram"); }
int nvrtcGetProgramLogSize(Handle, size_t* size) { *size = 5; return 0; }
int nvrtcGetProgramLog(Handle, char* log) { strcpy(log, "none"); return 0; }
int nvrtcGetCUBINSize(Handle, size_t* size) { *size = 4; return 0; }
int nvrtcGetCUBIN(Handle, char* image) { memcpy(image, "none", 4); return 0; }
int nvrtcDestroyProgram(Handle*) { return 0; }
}  // extern "C"

// ---- products, column-major as there
namespace {
const int FLOAT = 0, DOUBLE = 1, BFLOAT16 = 14;
const int COMPUTE_FLOAT = 68, COMPUTE_DOUBLE = 70, COMPUTE_TF32 = 77;

float toTensorFloat(float x) {
  unsigned bits = __float_as_uint(x);
  if ((bits & 0x7f800000u) == 0x7f800000u) return x;
  return __uint_as_float((bits + 0xfffu + ((bits >> 13) & 1u)) & ~0x1fffu);
}

double element(const void* values, int type, int compute, int64_t at) {
  if (type == DOUBLE) return ((const double*) values)[at];
  if (type == BFLOAT16) return __uint_as_float((unsigned) ((const unsigned short*) values)[at] << 16);
  float x = ((const float*) values)[at];
  return compute == COMPUTE_TF32 ? toTensorFloat(x) : x;
}

/** c[m, n] <- alpha op(a) op(b) + beta c, sums in double. */
template <class C>
void product(
    bool ta, bool tb, int m, int n, int k, double alpha, const void* a, int aType, int lda, const void* b,
    int bType, int ldb, double beta, C* c, int ldc, int compute) {
  std::vector<double> left((size_t) k * m), column(m);
  for (int l = 0; l < k; l++) {
    for (int i = 0; i < m; i++) {
      left[(size_t) l * m + i] = element(a, aType, compute, ta ? (int64_t) i * lda + l : (int64_t) l * lda + i);
    }
  }
  for (int j = 0; j < n; j++) {
    std::fill(column.begin(), column.end(), 0.0);
    for (int l = 0; l < k; l++) {
      double y = element(b, bType, compute, tb ? (int64_t) l * ldb + j : (int64_t) j * ldb + l);
      const double* x = &left[(size_t) l * m];
      for (int i = 0; i < m; i++) column[i] += x[i] * y;
    }
    for (int i = 0; i < m; i++) {
      C& out = c[(int64_t) j * ldc + i];
      out = (C) (alpha * column[i] + (beta == 0 ? 0.0 : beta * (double) out));
    }
  }
}

int productOf(
    int ta, int tb, int m, int n, int k, const void* alpha, const void* a, int aType, int lda, int64_t aStep,
    const void* b, int bType, int ldb, int64_t bStep, const void* beta, void* c, int cType, int ldc,
    int64_t cStep, int batch, int compute) {
  bool twice = compute == COMPUTE_DOUBLE;
  bool types = twice ? aType == DOUBLE && bType == DOUBLE && cType == DOUBLE
                     : aType == bType && cType == FLOAT && (aType == FLOAT || aType == BFLOAT16);
  if (!types || m < 0 || n < 0 || k < 0 || lda < std::max(1, ta ? k : m) || ldb < std::max(1, tb ? n : k) ||
      ldc < std::max(1, m)) {
    return 7;
  }
  auto size = [](int type) { return type == DOUBLE ? 8 : type == FLOAT ? 4 : 2; };
  for (int i = 0; i < batch; i++) {
    const char* x = (const char*) a + i * aStep * size(aType);
    const char* y = (const char*) b + i * bStep * size(bType);
    char* z = (char*) c + i * cStep * size(cType);
    if (twice) {
      product(ta, tb, m, n, k, *(double*) alpha, x, aType, lda, y, bType, ldb, *(double*) beta, (double*) z, ldc, compute);
    } else {
      product(ta, tb, m, n, k, *(float*) alpha, x, aType, lda, y, bType, ldb, *(float*) beta, (float*) z, ldc, compute);
    }
  }
  return 0;
}

/** x[m, n] <- x op(a)^-1 for an upper triangle a[n, n]. */
template <class T>
int solveRight(int transposed, int m, int n, const T* a, int lda, T* x, int ldx) {
  for (int step = 0; step < n; step++) {
    int j = transposed ? n - 1 - step : step;
    std::vector<double> column(m);
    for (int i = 0; i < m; i++) column[i] = x[(int64_t) j * ldx + i];
    for (int l = transposed ? j + 1 : 0; l < (transposed ? n : j); l++) {
      double factor = transposed ? a[(int64_t) l * lda + j] : a[(int64_t) j * lda + l];
      for (int i = 0; i < m; i++) column[i] -= factor * (double) x[(int64_t) l * ldx + i];
    }
    for (int i = 0; i < m; i++) x[(int64_t) j * ldx + i] = (T) (column[i] / (double) a[(int64_t) j * lda + j]);
  }
  return 0;
}

// ---- factorisations of the upper triangle, column-major: the lower one, row by row
template <class T>
int factorise(int n, T* a, int lda, int* info) {
  *info = 0;
  for (int i = 0; i < n; i++) {
    T* row = a + (int64_t) i * lda;
    for (int j = 0; j <= i; j++) {
      const T* other = a + (int64_t) j * lda;
      double sum = row[j];
      for (int k = 0; k < j; k++) sum -= (double) row[k] * (double) other[k];
      if (i == j) {
        if (sum <= 0) {
          *info = i + 1;
          return 0;
        }
        row[i] = (T) sqrt(sum);
      } else {
        row[j] = (T) (sum / (double) other[j]);
      }
    }
  }
  return 0;
}

template <class T>
int invert(int n, T* a, int lda, int* info) {
  *info = 0;
  std::vector<double> inverse((size_t) n * n, 0.0);
  for (int i = 0; i < n; i++) {
    const T* row = a + (int64_t) i * lda;
    if (row[i] == 0) {
      *info = i + 1;
      return 0;
    }
    inverse[(size_t) i * n + i] = 1.0 / (double) row[i];
    for (int k = 0; k < i; k++) {
      for (int j = 0; j <= k; j++) {
        inverse[(size_t) i * n + j] -= (double) row[k] * inverse[(size_t) k * n + j] / (double) row[i];
      }
    }
  }
  for (int i = 0; i < n; i++) {
    for (int j = 0; j <= i; j++) {
      double sum = 0;
      for (int k = i; k < n; k++) sum += inverse[(size_t) k * n + i] * inverse[(size_t) k * n + j];
      a[(int64_t) i * lda + j] = (T) sum;
    }
  }
  return 0;
}

/** Jacobi rotations, sweep after sweep; eigenvectors as columns, ascending. */
template <class T>
int eigen(int n, T* a, int lda, T* values, int* info) {
  std::vector<double> m((size_t) n * n), v((size_t) n * n, 0.0);
  for (int i = 0; i < n; i++) {
    v[(size_t) i * n + i] = 1;
    for (int j = 0; j <= i; j++) m[(size_t) i * n + j] = m[(size_t) j * n + i] = a[(int64_t) i * lda + j];
  }
  for (int sweep = 0; sweep < 60; sweep++) {
    double off = 0, all = 0;
    for (int i = 0; i < n; i++)
      for (int j = 0; j < n; j++) (i == j ? all : off) += m[(size_t) i * n + j] * m[(size_t) i * n + j];
    if (off <= 1e-30 * all || off == 0) break;
    for (int p = 0; p < n; p++)
      for (int q = p + 1; q < n; q++) {
        double x = m[(size_t) p * n + q];
        if (x == 0) continue;
        double theta = (m[(size_t) q * n + q] - m[(size_t) p * n + p]) / (2 * x);
        double t = (theta < 0 ? -1 : 1) / (fabs(theta) + sqrt(theta * theta + 1));
        double c = 1 / sqrt(t * t + 1), s = t * c;
        for (int k = 0; k < n; k++) {
          double left = m[(size_t) k * n + p], right = m[(size_t) k * n + q];
          m[(size_t) k * n + p] = c * left - s * right;
          m[(size_t) k * n + q] = s * left + c * right;
        }
        for (int k = 0; k < n; k++) {
          double up = m[(size_t) p * n + k], down = m[(size_t) q * n + k];
          m[(size_t) p * n + k] = c * up - s * down;
          m[(size_t) q * n + k] = s * up + c * down;
          double first = v[(size_t) p * n + k], second = v[(size_t) q * n + k];
          v[(size_t) p * n + k] = c * first - s * second;
          v[(size_t) q * n + k] = s * first + c * second;
        }
      }
  }
  std::vector<int> order(n);
  for (int i = 0; i < n; i++) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](int i, int j) { return m[(size_t) i * n + i] < m[(size_t) j * n + j]; });
  for (int i = 0; i < n; i++) {
    values[i] = (T) m[(size_t) order[i] * n + order[i]];
    for (int k = 0; k < n; k++) a[(int64_t) i * lda + k] = (T) v[(size_t) order[i] * n + k];
  }
  *info = 0;
  return 0;
}
}  // namespace

extern "C" {
int cublasCreate_v2(Handle* handle) { *handle = (Handle) 1; return status("cublasCreate_v2"); }
int cublasDestroy_v2(Handle) { return 0; }
int cublasSetStream_v2(Handle, Handle) { return 0; }
int cublasSetWorkspace_v2(Handle, uint64_t, size_t) { return 0; }
int cublasGemmEx(
    Handle, int ta, int tb, int m, int n, int k, const void* alpha, const void* a, int aType, int lda,
    const void* b, int bType, int ldb, const void* beta, void* c, int cType, int ldc, int compute, int) {
  ANSWER(cublasGemmEx);
  return productOf(ta, tb, m, n, k, alpha, a, aType, lda, 0, b, bType, ldb, 0, beta, c, cType, ldc, 0, 1, compute);
}
int cublasGemmStridedBatchedEx(
    Handle, int ta, int tb, int m, int n, int k, const void* alpha, const void* a, int aType, int lda,
    long long aStep, const void* b, int bType, int ldb, long long bStep, const void* beta, void* c, int cType,
    int ldc, long long cStep, int batch, int compute, int) {
  ANSWER(cublasGemmStridedBatchedEx);
  return productOf(
      ta, tb, m, n, k, alpha, a, aType, lda, aStep, b, bType, ldb, bStep, beta, c, cType, ldc, cStep, batch, compute);
}
// Asked for as the code does: right side, upper triangle, diagonal as it stands
int cublasStrsm_v2(
    Handle, int side, int uplo, int transposed, int diagonal, int m, int n, const float* alpha, const float* a,
    int lda, float* b, int ldb) {
  ANSWER(cublasStrsm_v2);
  if (side != 1 || uplo != 1 || diagonal != 0 || *alpha != 1) return 7;
  return solveRight(transposed, m, n, a, lda, b, ldb);
}
int cublasDtrsm_v2(
    Handle, int side, int uplo, int transposed, int diagonal, int m, int n, const double* alpha, const double* a,
    int lda, double* b, int ldb) {
  ANSWER(cublasDtrsm_v2);
  if (side != 1 || uplo != 1 || diagonal != 0 || *alpha != 1) return 7;
  return solveRight(transposed, m, n, a, lda, b, ldb);
}

int cusolverDnCreate(Handle* handle) { *handle = (Handle) 1; return 0; }
int cusolverDnDestroy(Handle) { return 0; }
int cusolverDnSetStream(Handle, Handle) { return 0; }
#define SIZE(name, T) \
  int name(Handle, int uplo, int, T*, int, int* size) { *size = 16; return uplo == 1 ? 0 : 3; }
SIZE(cusolverDnSpotrf_bufferSize, float)
SIZE(cusolverDnDpotrf_bufferSize, double)
SIZE(cusolverDnSpotri_bufferSize, float)
SIZE(cusolverDnDpotri_bufferSize, double)
#define FACTORISATION(name, T, function)                                              \
  int name(Handle, int uplo, int n, T* a, int lda, T*, int, int* info) {              \
    ANSWER(name);                                                                     \
    return uplo == 1 ? function(n, a, lda, info) : 3;                                 \
  }
FACTORISATION(cusolverDnSpotrf, float, factorise)
FACTORISATION(cusolverDnDpotrf, double, factorise)
FACTORISATION(cusolverDnSpotri, float, invert)
FACTORISATION(cusolverDnDpotri, double, invert)
#define EIGEN(name, T)                                                                        \
  int name##_bufferSize(Handle, int job, int uplo, int, const T*, int, const T*, int* size) { \
    *size = 16;                                                                               \
    return job == 1 && uplo == 1 ? 0 : 3;                                                     \
  }                                                                                           \
  int name(Handle, int job, int uplo, int n, T* a, int lda, T* values, T*, int, int* info) {  \
    ANSWER(name);                                                                             \
    return job == 1 && uplo == 1 ? eigen(n, a, lda, values, info) : 3;                        \
  }
EIGEN(cusolverDnSsyevd, float)
EIGEN(cusolverDnDsyevd, double)
}  // extern "C"
