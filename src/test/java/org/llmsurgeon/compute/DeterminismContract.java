package org.llmsurgeon.compute;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The same call on the same values gives the same bits, whatever ran before or beside. */
interface DeterminismContract extends DeviceUnderTest {
  int REPEATS = 3;

  @ParameterizedTest
  @EnumSource(Precision.class)
  default void linearAlgebraGivesTheSameBitsAgain(Precision precision) {
    List<double[]> first = linearAlgebra(precision);
    networkKernels();
    assertSame(linearAlgebra(precision), first);
  }

  @Test
  default void networkKernelsGiveTheSameBitsAgain() {
    List<double[]> first = networkKernels();
    linearAlgebra(Precision.DOUBLE);
    assertSame(networkKernels(), first);
  }

  @Test
  default void twoThreadsAtOnceGiveTheSameBits() throws Exception {
    List<double[]> expected = everything();
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try {
      List<Callable<List<double[]>>> work = new ArrayList<>();
      for (int i = 0; i < 2 * REPEATS; i++) {
        work.add(this::everything);
      }
      for (Future<List<double[]>> result : threads.invokeAll(work)) {
        assertSame(result.get(), expected);
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private List<double[]> everything() {
    List<double[]> all = new ArrayList<>(linearAlgebra(Precision.SINGLE));
    all.addAll(linearAlgebra(Precision.DOUBLE));
    all.addAll(networkKernels());
    return all;
  }

  private List<double[]> linearAlgebra(Precision precision) {
    try (Workspace work = workspace(precision)) {
      Tensor x = work.random(131, 67, 1);
      Tensor product = work.blank(67, 67);
      device().multiply(1, x.transposed(), x, 0, product);
      Tensor gram = work.zeros(67, 67);
      device().gram(1.0 / 131, x, 0, gram);
      Tensor packed = work.tensor(Precision.DOUBLE, PlainMatrix.zeros(1, 67 * 68 / 2));
      device().addGramPacked(1, x, packed);
      device().addDiagonal(gram, 1);
      Tensor factor = work.tensor(work.matrix(gram));
      device().cholesky(factor);
      Tensor solved = work.random(67, 33, 2);
      device().solveCholesky(factor, solved);
      Tensor inverse = work.tensor(work.matrix(factor));
      device().inverseFromCholesky(inverse);
      double[] eigenvalues = device().eigen(gram);
      return List.of(
          work.values(product),
          work.values(packed),
          work.values(factor),
          work.values(solved),
          work.values(inverse),
          work.values(gram),
          eigenvalues,
          device().columnDots(x, x));
    }
  }

  private List<double[]> networkKernels() {
    try (Workspace work = workspace(Precision.SINGLE)) {
      AttentionShape shape = new AttentionShape(2, 67, 4, 2, 8, 0.35);
      AttentionInputs in = AttentionContract.inputs(work, shape);
      Tensor out = work.blank(134, 32);
      device().attention(shape, in, out);
      Tensor dOut = work.random(134, 32, 4);
      AttentionInputs gradients =
          new AttentionInputs(work.blank(134, 32), work.blank(134, 16), work.blank(134, 16));
      device().attentionBackward(shape, in, out, dOut, gradients);
      Norm norm = new Norm(Norm.Kind.LAYER, work.random(1, 32, 5), work.random(1, 32, 6), 1e-5);
      Tensor dGain = work.zeros(1, 32);
      Tensor dBias = work.zeros(1, 32);
      device().normalizeWeightGradients(norm, out, dOut, dGain, dBias);
      Tensor normalized = work.blank(134, 32);
      device().normalize(norm, out, normalized);
      device().activate(Activation.GELU, normalized, normalized);
      double[] losses = work.losses(normalized, new int[134]);
      return List.of(
          work.values(out),
          work.values(gradients.queries()),
          work.values(gradients.keys()),
          work.values(gradients.values()),
          work.values(dGain),
          work.values(dBias),
          work.values(normalized),
          losses);
    }
  }

  private static void assertSame(List<double[]> actual, List<double[]> expected) {
    for (int i = 0; i < expected.size(); i++) {
      assertThat(actual.get(i)).as("result %d", i).containsExactly(expected.get(i));
    }
  }
}
