package org.llmsurgeon.compute;

/**
 * Products, factorisations and the elementwise steps around them. All tensors of one call have the
 * same precision unless it says otherwise, and outputs do not overlap inputs unless it says "in
 * place". Triangles are lower ones, row-major; a packed triangle is {@code [1, n (n + 1) / 2]} with
 * element {@code (i, j), j <= i} at {@code i (i + 1) / 2 + j}.
 */
public interface LinearAlgebra {
  /**
   * {@code c <- alpha a b + beta c}. With {@code beta = 0}, {@code c} may hold anything before, NaN
   * included.
   *
   * @param alpha factor of the product
   * @param a {@code [m, k]} as seen
   * @param b {@code [k, n]} as seen
   * @param beta factor of what {@code c} held
   * @param c {@code [m, n]}
   */
  void multiply(double alpha, Operand a, Operand b, double beta, Tensor c);

  /**
   * Lower triangle of {@code c <- alpha x^T x + beta c}; the strict upper triangle is left alone.
   *
   * @param alpha factor of the product
   * @param x {@code [tokens, n]}
   * @param beta factor of what {@code c} held
   * @param c {@code [n, n]}
   */
  void gram(double alpha, Tensor x, double beta, Tensor c);

  /**
   * {@code packed += alpha x^T x}, a packed lower triangle. The product is taken in {@code x}'s
   * precision; where {@code packed} is {@link Precision#DOUBLE} the sum is kept in double: the way
   * to add sequence after sequence without losing the small ones.
   *
   * @param alpha factor of the product
   * @param x {@code [tokens, n]}
   * @param packed {@code [1, n (n + 1) / 2]}, either precision
   */
  void addGramPacked(double alpha, Tensor x, Tensor packed);

  /**
   * {@code packed += alpha x^T y}, its lower triangle, like {@link #addGramPacked}: for products
   * that are symmetric though their factors differ, as where {@code y} is {@code x} with each row
   * times a weight of either sign.
   *
   * @param alpha factor of the product
   * @param x {@code [tokens, n]}
   * @param y {@code [tokens, n]}
   * @param packed {@code [1, n (n + 1) / 2]}, either precision
   */
  void addProductPacked(double alpha, Tensor x, Tensor y, Tensor packed);

  /**
   * Copies the lower triangle onto the upper one, in place.
   *
   * @param a {@code [n, n]}
   */
  void mirror(Tensor a);

  /**
   * Spreads a packed triangle into a full symmetric matrix; precisions may differ.
   *
   * @param packed {@code [1, n (n + 1) / 2]}
   * @param full {@code [n, n]}
   */
  void unpack(Tensor packed, Tensor full);

  /**
   * Takes the lower triangle of a matrix into packed form; precisions may differ.
   *
   * @param full {@code [n, n]}
   * @param packed {@code [1, n (n + 1) / 2]}
   */
  void pack(Tensor full, Tensor packed);

  /**
   * Cholesky factorisation {@code a = L L^T}, in place: the lower triangle becomes {@code L}, the
   * strict upper one 0.
   *
   * @param a {@code [n, n]}, symmetric; only the lower triangle is read
   * @return -1, or the index of the first pivot that is not positive (then {@code a} holds nothing
   *     useful)
   */
  int cholesky(Tensor a);

  /**
   * Inverse of {@code L L^T}, in place, both triangles written.
   *
   * @param l {@code [n, n]}, the result of {@link #cholesky}
   */
  void inverseFromCholesky(Tensor l);

  /**
   * {@code b <- L^-1 b}, or {@code L^-T b}, in place.
   *
   * @param l {@code [n, n]}, lower triangular; its upper triangle is not read
   * @param transposed whether to solve with the transpose
   * @param b {@code [n, m]}
   */
  void solveTriangular(Tensor l, boolean transposed, Tensor b);

  /**
   * {@code b <- (L L^T)^-1 b}, in place.
   *
   * @param l {@code [n, n]}, the result of {@link #cholesky}
   * @param b {@code [n, m]}
   */
  void solveCholesky(Tensor l, Tensor b);

  /**
   * Eigendecomposition of a symmetric matrix, in place: row {@code i} of {@code a} becomes the unit
   * eigenvector of the {@code i}-th smallest eigenvalue.
   *
   * @param a {@code [n, n]}, symmetric; only the lower triangle is read
   * @return the eigenvalues, ascending
   * @throws ArithmeticException if the iteration does not converge
   */
  double[] eigen(Tensor a);

  /**
   * {@code y <- alpha x + y}; {@code x} may be of the other precision.
   *
   * @param alpha factor
   * @param x same shape as {@code y}
   * @param y the sum
   */
  void add(double alpha, Tensor x, Tensor y);

  /**
   * {@code x <- alpha x}. With {@code alpha = 0} the result is 0 whatever {@code x} held.
   *
   * @param alpha factor
   * @param x scaled in place
   */
  void scale(double alpha, Tensor x);

  /**
   * {@code y <- x * y}, element by element.
   *
   * @param x same shape as {@code y}
   * @param y the product
   */
  void multiplyElements(Tensor x, Tensor y);

  /**
   * {@code a_ii += value}.
   *
   * @param a {@code [n, n]}
   * @param value added to each diagonal element
   */
  void addDiagonal(Tensor a, double value);

  /**
   * The diagonal.
   *
   * @param a {@code [n, n]}
   * @return {@code [n]}
   */
  double[] diagonal(Tensor a);

  /**
   * {@code sum_j x_ij y_ij} for each row, summed in double.
   *
   * @param x {@code [m, n]}
   * @param y {@code [m, n]}; may be {@code x}
   * @param dots {@code [m, 1]} of double precision, written
   */
  void rowDots(Tensor x, Tensor y, Tensor dots);

  /**
   * {@code sum_i x_ij y_ij} for each column, summed in double.
   *
   * @param x {@code [m, n]}
   * @param y {@code [m, n]}; may be {@code x}
   * @return {@code [n]}
   */
  double[] columnDots(Tensor x, Tensor y);

  /**
   * Index of the first element that is NaN or infinite, in row-major order.
   *
   * @param x any tensor
   * @return the index, or -1 where all are finite
   */
  long firstNonFinite(Tensor x);

  /**
   * {@code to[i, j] = from[rows[i], columns[j]]}.
   *
   * @param from {@code [m, n]}
   * @param rows indices into the rows of {@code from}, or null for all
   * @param columns indices into the columns of {@code from}, or null for all
   * @param to {@code [rows, columns]}
   */
  void gather(Tensor from, int[] rows, int[] columns, Tensor to);

  /**
   * {@code to[rows[i], columns[j]] = from[i, j]}; the rest of {@code to} is left alone.
   *
   * @param from {@code [rows, columns]}
   * @param rows indices into the rows of {@code to}, or null for all
   * @param columns indices into the columns of {@code to}, or null for all
   * @param to {@code [m, n]}
   */
  void scatter(Tensor from, int[] rows, int[] columns, Tensor to);
}
