package org.llmsurgeon.export;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.cpu.CpuDevice;
import org.llmsurgeon.export.verify.Agreement;
import org.llmsurgeon.export.verify.PythonTransformers;

/** The transformers library loads every form, and finds the logits of the model with zeros. */
@EnabledIfEnvironmentVariable(named = PythonTransformers.VARIABLE, matches = ".+")
class TransformersTest {
  @TempDir Path folder;

  @Test
  void logitsAreThoseOfTheModelWithZeros() throws IOException {
    List<ExportCase> cases = ExportCase.all();
    List<PythonTransformers.Pair> pairs = new ArrayList<>();
    try (Device device = CpuDevice.create()) {
      for (int i = 0; i < cases.size(); i++) {
        String masked = cases.get(i).write(folder.resolve("masked-" + i), DataType.F32, device);
        String smaller = folder.resolve("smaller-" + i).toString();
        ExportedModelTest.export(masked, smaller, cases.get(i).route(), device);
        pairs.add(new PythonTransformers.Pair(masked, smaller, true));
      }
    }
    int[][] windows = {new Random(1).ints(9, 0, 11).toArray()};
    List<Agreement> all = PythonTransformers.find().orElseThrow().compare(pairs, windows);
    assertThat(all).hasSameSizeAs(cases);
    SoftAssertions.assertSoftly(
        softly -> {
          for (int i = 0; i < all.size(); i++) {
            softly
                .assertThat(all.get(i).maxLogitDifference())
                .as(cases.get(i).toString())
                .isLessThan(ExportedModelTest.LOGITS);
          }
        });
  }
}
