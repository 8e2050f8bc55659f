package org.llmsurgeon.compute.cuda;

import org.llmsurgeon.compute.DenseDevice;
import org.llmsurgeon.compute.Operand;
import org.llmsurgeon.compute.ProductPrecision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.cuda.operand.CudaBlas;
import org.llmsurgeon.compute.cuda.operand.CudaParts;
import org.llmsurgeon.compute.cuda.operand.CudaTensor;

/** The part of the device on a CUDA card that knows no network. */
abstract class CudaLinearAlgebra extends DenseDevice<CudaTensor> {
  final CudaParts parts;
  final CudaBlas blas;
  final CudaElements elements;
  final CudaSums sums;
  final CudaFactorisations factorisations;
  private final CudaProducts products;

  CudaLinearAlgebra(CudaParts parts, CudaBlas blas, ProductPrecision precision) {
    this.parts = parts;
    this.blas = blas;
    this.elements = new CudaElements(parts);
    this.products = new CudaProducts(parts, blas, elements, precision);
    this.factorisations = new CudaFactorisations(parts, blas, elements);
    this.sums = new CudaSums(parts);
  }

  /** That of a device whose matrices are multiplied in another precision. */
  CudaLinearAlgebra(CudaLinearAlgebra host, ProductPrecision precision) {
    this.parts = host.parts;
    this.blas = host.blas;
    this.elements = host.elements;
    this.products = new CudaProducts(parts, blas, elements, precision);
    this.factorisations = host.factorisations;
    this.sums = host.sums;
  }

  @Override
  protected CudaTensor own(Tensor tensor) {
    return CudaTensor.of(tensor);
  }

  @Override
  public void multiply(double alpha, Operand a, Operand b, double beta, Tensor c) {
    products.multiply(alpha, a, b, beta, CudaTensor.of(c));
  }

  @Override
  public void gram(double alpha, Tensor x, double beta, Tensor c) {
    products.gram(alpha, CudaTensor.of(x), beta, CudaTensor.of(c));
  }

  @Override
  public void addGramPacked(double alpha, Tensor x, Tensor packed) {
    products.addGramPacked(alpha, CudaTensor.of(x), CudaTensor.of(packed));
  }

  @Override
  public void addProductPacked(double alpha, Tensor x, Tensor y, Tensor packed) {
    products.addProductPacked(alpha, CudaTensor.of(x), CudaTensor.of(y), CudaTensor.of(packed));
  }

  @Override
  public void mirror(Tensor a) {
    elements.mirror(CudaTensor.of(a));
  }

  @Override
  public void unpack(Tensor packed, Tensor full) {
    elements.unpack(CudaTensor.of(packed), CudaTensor.of(full));
  }

  @Override
  public void pack(Tensor full, Tensor packed) {
    elements.pack(CudaTensor.of(full), CudaTensor.of(packed));
  }

  @Override
  public int cholesky(Tensor a) {
    return factorisations.cholesky(CudaTensor.of(a));
  }

  @Override
  public void inverseFromCholesky(Tensor l) {
    factorisations.inverseFromCholesky(CudaTensor.of(l));
  }

  @Override
  public void solveTriangular(Tensor l, boolean transposed, Tensor b) {
    factorisations.solveTriangular(CudaTensor.of(l), transposed, CudaTensor.of(b));
  }

  @Override
  public double[] eigen(Tensor a) {
    return factorisations.eigen(CudaTensor.of(a));
  }

  @Override
  public void add(double alpha, Tensor x, Tensor y) {
    elements.add(alpha, CudaTensor.of(x), CudaTensor.of(y));
  }

  @Override
  public void scale(double alpha, Tensor x) {
    elements.scale(alpha, CudaTensor.of(x));
  }

  @Override
  public void multiplyElements(Tensor x, Tensor y) {
    elements.multiply(CudaTensor.of(x), CudaTensor.of(y));
  }

  @Override
  public void addDiagonal(Tensor a, double value) {
    elements.addDiagonal(CudaTensor.of(a), value);
  }

  @Override
  public double[] diagonal(Tensor a) {
    return elements.diagonal(CudaTensor.of(a));
  }

  @Override
  public void rowDots(Tensor x, Tensor y, Tensor dots) {
    sums.rowDots(CudaTensor.of(x), CudaTensor.of(y), CudaTensor.of(dots));
  }

  @Override
  public double[] columnDots(Tensor x, Tensor y) {
    return sums.columnDots(CudaTensor.of(x), CudaTensor.of(y));
  }

  @Override
  public long firstNonFinite(Tensor x) {
    return elements.firstNonFinite(CudaTensor.of(x));
  }

  @Override
  public void gather(Tensor from, int[] rows, int[] columns, Tensor to) {
    elements.gather(CudaTensor.of(from), rows, columns, CudaTensor.of(to));
  }

  @Override
  public void scatter(Tensor from, int[] rows, int[] columns, Tensor to) {
    elements.scatter(CudaTensor.of(from), rows, columns, CudaTensor.of(to));
  }
}
