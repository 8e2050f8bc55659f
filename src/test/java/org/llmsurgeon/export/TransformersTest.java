package org.llmsurgeon.export;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.cpu.CpuDevice;
import org.llmsurgeon.export.verify.Agreement;
import org.llmsurgeon.export.verify.PythonTransformers;
import org.llmsurgeon.model.architecture.Architectures;
import org.llmsurgeon.model.config.ModelConfig;

/** The transformers library loads every form, and finds the logits of the model with zeros. */
@EnabledIfEnvironmentVariable(named = PythonTransformers.VARIABLE, matches = ".+")
class TransformersTest {
  @TempDir Path folder;

  @Test
  void logitsAreThoseOfTheModelWithZeros() throws IOException {
    // Pairs that are compared at once read the same windows
    Map<String, List<ExportCase>> alike =
        ExportCase.all().stream().collect(Collectors.groupingBy(TransformersTest::window));
    assertThat(alike).hasSizeGreaterThan(2);
    for (List<ExportCase> cases : alike.values()) {
      compare(cases);
    }
  }

  private static String window(ExportCase each) {
    return Arrays.toString(ExportedModelTest.window(config(each)));
  }

  private static ModelConfig config(ExportCase each) {
    return Architectures.parse(each.model().get(), "config.json");
  }

  private void compare(List<ExportCase> cases) throws IOException {
    List<PythonTransformers.Pair> pairs = new ArrayList<>();
    try (Device device = CpuDevice.create()) {
      for (int i = 0; i < cases.size(); i++) {
        String name = cases.get(i).toString().replaceAll("\\W+", "-");
        String masked = cases.get(i).write(folder.resolve("masked-" + name), DataType.F32, device);
        String smaller = folder.resolve("smaller-" + name).toString();
        ExportedModelTest.export(masked, smaller, cases.get(i).route(), device);
        pairs.add(new PythonTransformers.Pair(masked, smaller, true));
      }
    }
    int[][] windows = {ExportedModelTest.window(config(cases.get(0)))};
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
