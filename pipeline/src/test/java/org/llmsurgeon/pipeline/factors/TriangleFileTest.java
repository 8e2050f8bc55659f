package org.llmsurgeon.pipeline.factors;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TriangleFileTest {
  @ParameterizedTest
  @CsvSource({"1, 1, 1", "7, 3, 5", "40, 40, 1000", "613, 100, 4096", "600, 1, 90000"})
  void rowsInPanelsAreThoseOfTheSymmetricMatrix(int size, int panel, int part) throws Exception {
    Random random = new Random(size);
    float[] matrix = new float[size * size];
    float[] packed = new float[size * (size + 1) / 2];
    int at = 0;
    for (int row = 0; row < size; row++) {
      for (int column = 0; column <= row; column++) {
        float value = random.nextFloat();
        matrix[row * size + column] = value;
        matrix[column * size + row] = value;
        packed[at++] = value;
      }
    }
    try (TriangleFile file = new TriangleFile(size)) {
      for (int from = 0; from < packed.length; from += part) {
        int count = Math.min(part, packed.length - from);
        file.append(java.util.Arrays.copyOfRange(packed, from, from + part), count);
      }
      float[] rows = new float[panel * size];
      for (int from = 0; from < size; from += panel) {
        int to = Math.min(size, from + panel);
        file.rows(from, to, rows);
        assertThat(java.util.Arrays.copyOf(rows, (to - from) * size))
            .isEqualTo(java.util.Arrays.copyOfRange(matrix, from * size, to * size));
      }
    }
  }
}
