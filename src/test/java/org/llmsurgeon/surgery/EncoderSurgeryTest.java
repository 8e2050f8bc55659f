package org.llmsurgeon.surgery;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.cpu.CpuDevice;
import org.llmsurgeon.model.ReferenceModel;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.config.SpecialTokens;
import org.llmsurgeon.surgery.local.LocalSurgeon;
import org.llmsurgeon.surgery.recipe.Recipe;

/** Every curvature and all that follows a cut, whatever an encoder is to do. */
@DisplayName("An encoder")
class EncoderSurgeryTest {
  private static final int MASK = 2;

  static Stream<Arguments> cases() {
    return Stream.of(
            "bert", "roberta-token", "distilbert-sequence", "bert-number", "distilbert-embedding")
        .flatMap(
            name -> {
              // The loss of embeddings is that from the dense model's, and judges no refit.
              boolean judged = !name.endsWith("embedding");
              String refit = judged ? "reconstruct" : "correct";
              Object how = judged ? true : "distill";
              return Stream.of(
                  Arguments.of(name, "units", "kfac", refit, how),
                  Arguments.of(name, "units", "nearest-kronecker", "correct", "distill"),
                  Arguments.of(name, "row,column", "ekfac", "recover", "distill"),
                  Arguments.of(name, "element", "kronecker-sum", refit, how),
                  Arguments.of(name, "1:2", "kfac", "correct", "distill"),
                  Arguments.of(name, "units", "activations", "recover", "distill"));
            });
  }

  @ParameterizedTest
  @MethodSource("cases")
  void isPrunedAndCorrected(
      String name, String structures, String curvature, String after, Object how) throws Exception {
    try (ReferenceModel model = ReferenceModel.open(name);
        Device device = CpuDevice.create()) {
      ModelConfig config = model.config();
      config = config.with(config.objective().reading(new SpecialTokens(MASK, Set.of(MASK))));
      Map<String, Object> options =
          new HashMap<>(Map.of("structures", structures, "curvature", curvature, after, how));
      if (after.equals("recover")) {
        options.put("recover-tokens", 160);
      }
      if (!structures.equals("1:2")) {
        options.putAll(Map.of("sparsity", 0.3, "shots", 2));
      }
      Recipe recipe = Recipe.of(options);
      int[][] windows = TinyModels.labelledWindows(config, 8, 10, 1);
      try (LocalSurgeon surgeon = new LocalSurgeon(device, config, model.weights(), recipe)) {
        LocalSurgeon.Shot last = null;
        for (int shot = 0; shot < recipe.shots(); shot++) {
          last = surgeon.shoot(windows);
        }
        assertThat((double) last.removal().removed() / last.removal().total()).isBetween(0.2, 0.55);
        Object done =
            switch (after) {
              case "reconstruct" -> last.reconstruction();
              case "correct" -> last.correction();
              default -> last.recovery();
            };
        assertThat(done).isNotNull();
      }
    }
  }
}
