package org.llmsurgeon.compute.cpu.operand;

import static org.bytedeco.openblas.global.openblas.CblasLeft;
import static org.bytedeco.openblas.global.openblas.CblasLower;
import static org.bytedeco.openblas.global.openblas.CblasNoTrans;
import static org.bytedeco.openblas.global.openblas.CblasNonUnit;
import static org.bytedeco.openblas.global.openblas.CblasRowMajor;
import static org.bytedeco.openblas.global.openblas.CblasTrans;
import static org.bytedeco.openblas.global.openblas.LAPACKE_dpotrf_work;
import static org.bytedeco.openblas.global.openblas.LAPACKE_dpotri_work;
import static org.bytedeco.openblas.global.openblas.LAPACKE_dsyevd;
import static org.bytedeco.openblas.global.openblas.LAPACKE_spotrf_work;
import static org.bytedeco.openblas.global.openblas.LAPACKE_spotri_work;
import static org.bytedeco.openblas.global.openblas.LAPACKE_ssyevd;
import static org.bytedeco.openblas.global.openblas.LAPACK_COL_MAJOR;
import static org.bytedeco.openblas.global.openblas.blas_set_num_threads;
import static org.bytedeco.openblas.global.openblas.cblas_dasum;
import static org.bytedeco.openblas.global.openblas.cblas_daxpy;
import static org.bytedeco.openblas.global.openblas.cblas_dgemm;
import static org.bytedeco.openblas.global.openblas.cblas_dscal;
import static org.bytedeco.openblas.global.openblas.cblas_dsyrk;
import static org.bytedeco.openblas.global.openblas.cblas_dtrsm;
import static org.bytedeco.openblas.global.openblas.cblas_sasum;
import static org.bytedeco.openblas.global.openblas.cblas_saxpy;
import static org.bytedeco.openblas.global.openblas.cblas_sgemm;
import static org.bytedeco.openblas.global.openblas.cblas_sscal;
import static org.bytedeco.openblas.global.openblas.cblas_ssyrk;
import static org.bytedeco.openblas.global.openblas.cblas_strsm;

import org.llmsurgeon.compute.Precision;
import org.nd4j.linalg.factory.Nd4j;

/**
 * OpenBLAS and LAPACK on tensors, in both precisions. Checks nothing: callers have made sure that
 * shapes fit and nothing is empty.
 *
 * <p>LAPACK is called in its own column-major order, with the triangle named the other way round: a
 * row-major lower triangle is the same memory as a column-major upper one, so nothing is
 * transposed.
 */
public final class CpuBlas {
  private static final byte COLUMN_MAJOR_UPPER = 'U';

  /** Elements that a call goes over at most. */
  private static final long MOST = 1L << 30;

  private static boolean nd4jStarted;

  static {
    pinThreads();
  }

  private CpuBlas() {}

  /** Makes sure that OpenBLAS is loaded and its number of threads is fixed. */
  public static void start() {
    // Work done in the static initialiser.
  }

  /** Starts ND4J, which sets the threads of OpenBLAS as it likes, and sets them right again. */
  public static synchronized void startNd4j() {
    if (!nd4jStarted) {
      Nd4j.getBackend();
      Nd4j.getBlasWrapper();
      pinThreads();
      nd4jStarted = true;
    }
  }

  private static void pinThreads() {
    blas_set_num_threads(threads(System.getenv("OPENBLAS_NUM_THREADS")));
  }

  /** Threads asked for by an environment variable; 1 where it is absent or no positive number. */
  public static int threads(String variable) {
    if (variable == null || !variable.strip().matches("[1-9][0-9]{0,3}")) {
      return 1;
    }
    return Integer.parseInt(variable.strip());
  }

  /** {@code c <- alpha a b + beta c}; {@code c} is not transposed. */
  public static void multiply(double alpha, CpuMatrix a, CpuMatrix b, double beta, CpuMatrix c) {
    int m = c.rows();
    int n = c.columns();
    int k = a.effectiveColumns();
    int first = a.transposed() ? CblasTrans : CblasNoTrans;
    int second = b.transposed() ? CblasTrans : CblasNoTrans;
    if (c.tensor().precision() == Precision.SINGLE) {
      cblas_sgemm(
          CblasRowMajor,
          first,
          second,
          m,
          n,
          k,
          (float) alpha,
          a.tensor().floatsForReading(a.start()),
          a.stride(),
          b.tensor().floatsForReading(b.start()),
          b.stride(),
          (float) beta,
          c.tensor().floatsForWriting(c.start()),
          c.stride());
    } else {
      cblas_dgemm(
          CblasRowMajor,
          first,
          second,
          m,
          n,
          k,
          alpha,
          a.tensor().doublesForReading(a.start()),
          a.stride(),
          b.tensor().doublesForReading(b.start()),
          b.stride(),
          beta,
          c.tensor().doublesForWriting(c.start()),
          c.stride());
    }
  }

  /** {@code y <- alpha x + y}, of one precision and as many elements. */
  public static void add(double alpha, CpuTensor x, CpuTensor y) {
    for (long at = 0; at < x.size(); at += MOST) {
      int n = (int) Math.min(MOST, x.size() - at);
      if (x.precision() == Precision.SINGLE) {
        cblas_saxpy(n, (float) alpha, x.floatsForReading(at), 1, y.floatsForWriting(at), 1);
      } else {
        cblas_daxpy(n, alpha, x.doublesForReading(at), 1, y.doublesForWriting(at), 1);
      }
    }
  }

  /** {@code x <- alpha x}; {@code alpha} is not 0. */
  public static void scale(double alpha, CpuTensor x) {
    x.writing();
    for (long at = 0; at < x.size(); at += MOST) {
      int n = (int) Math.min(MOST, x.size() - at);
      if (x.precision() == Precision.SINGLE) {
        cblas_sscal(n, (float) alpha, x.floatsForWriting(at), 1);
      } else {
        cblas_dscal(n, alpha, x.doublesForWriting(at), 1);
      }
    }
  }

  /** {@code sum_i |x_i|} over some elements: not finite where one of them is not. */
  public static double sumOfMagnitudes(CpuTensor x, long at, int n) {
    return x.precision() == Precision.SINGLE
        ? cblas_sasum(n, x.floatsForReading(at), 1)
        : cblas_dasum(n, x.doublesForReading(at), 1);
  }

  /** Lower triangle of {@code c <- alpha x^T x + beta c}. */
  public static void gram(double alpha, CpuMatrix x, double beta, CpuMatrix c) {
    int n = x.columns();
    if (c.tensor().precision() == Precision.SINGLE) {
      cblas_ssyrk(
          CblasRowMajor,
          CblasLower,
          CblasTrans,
          n,
          x.rows(),
          (float) alpha,
          x.tensor().floatsForReading(x.start()),
          x.stride(),
          (float) beta,
          c.tensor().floatsForWriting(c.start()),
          c.stride());
    } else {
      cblas_dsyrk(
          CblasRowMajor,
          CblasLower,
          CblasTrans,
          n,
          x.rows(),
          alpha,
          x.tensor().doublesForReading(x.start()),
          x.stride(),
          beta,
          c.tensor().doublesForWriting(c.start()),
          c.stride());
    }
  }

  /**
   * {@code a = L L^T} in the lower triangle.
   *
   * @return 0, or 1 plus the index of the first pivot found not to be positive
   */
  public static int factorise(CpuTensor a) {
    int n = a.rows();
    return a.precision() == Precision.SINGLE
        ? LAPACKE_spotrf_work(LAPACK_COL_MAJOR, COLUMN_MAJOR_UPPER, n, a.floatsForWriting(0), n)
        : LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, COLUMN_MAJOR_UPPER, n, a.doublesForWriting(0), n);
  }

  /**
   * Lower triangle of {@code (L L^T)^-1} in place of {@code L}.
   *
   * @return 0, or 1 plus the index of a diagonal element that is 0
   */
  public static int invertFactorised(CpuTensor l) {
    int n = l.rows();
    return l.precision() == Precision.SINGLE
        ? LAPACKE_spotri_work(LAPACK_COL_MAJOR, COLUMN_MAJOR_UPPER, n, l.floatsForWriting(0), n)
        : LAPACKE_dpotri_work(LAPACK_COL_MAJOR, COLUMN_MAJOR_UPPER, n, l.doublesForWriting(0), n);
  }

  /** {@code b <- L^-1 b} or {@code L^-T b}. */
  public static void solve(CpuTensor l, boolean transposed, CpuTensor b) {
    int n = l.rows();
    int form = transposed ? CblasTrans : CblasNoTrans;
    if (l.precision() == Precision.SINGLE) {
      cblas_strsm(
          CblasRowMajor,
          CblasLeft,
          CblasLower,
          form,
          CblasNonUnit,
          n,
          b.columns(),
          1f,
          l.floatsForReading(0),
          n,
          b.floatsForWriting(0),
          b.columns());
    } else {
      cblas_dtrsm(
          CblasRowMajor,
          CblasLeft,
          CblasLower,
          form,
          CblasNonUnit,
          n,
          b.columns(),
          1.0,
          l.doublesForReading(0),
          n,
          b.doublesForWriting(0),
          b.columns());
    }
  }

  /**
   * Eigenvectors as rows in place of {@code a}, eigenvalues ascending.
   *
   * @param values {@code [1, n]}, same precision, written
   * @return 0, or what LAPACK says of its failure
   */
  public static int eigen(CpuTensor a, CpuTensor values) {
    int n = a.rows();
    return a.precision() == Precision.SINGLE
        ? LAPACKE_ssyevd(
            LAPACK_COL_MAJOR,
            (byte) 'V',
            COLUMN_MAJOR_UPPER,
            n,
            a.floatsForWriting(0),
            n,
            values.floatsForWriting(0))
        : LAPACKE_dsyevd(
            LAPACK_COL_MAJOR,
            (byte) 'V',
            COLUMN_MAJOR_UPPER,
            n,
            a.doublesForWriting(0),
            n,
            values.doublesForWriting(0));
  }
}
