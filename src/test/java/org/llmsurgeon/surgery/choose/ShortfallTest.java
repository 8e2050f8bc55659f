package org.llmsurgeon.surgery.choose;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.surgery.recipe.Recipe;
import org.llmsurgeon.surgery.recipe.TargetShare;

/** A run that ends far below its target says so; one that ends a unit below does not. */
class ShortfallTest {
  /** Blocks of q 16 x 8, k and v 8 x 8, o 8 x 16 and three matrices of 8 and 10. */
  private final ModelConfig llama = TinyModels.llama();

  private final long total = llama.linears().stream().mapToLong(LinearShape::weights).sum();

  @ParameterizedTest
  @CsvSource({
    "structures, row, 16", // an output row of o
    "structures, column, 16", // an input column of q
    "structures, element, 1",
    "structures, 2:4, 2",
    "units, neuron, 24",
    "units, 'neuron,residual', 24",
    "units, head, 128", // one of each key/value head
    "units, group, 192", // two heads with their k and v
    "preset, hardware, 240" // 64 neurons are more than there are
  })
  void whatGoesAsAWholeMayBeMissing(String option, String value, int step) {
    Recipe recipe = Recipe.of(Map.of(option, value, "sparsity", 0.5));
    Shortfall shortfall = new Shortfall(llama, recipe);
    assertThat(shortfall.warning(0.5, 0.5, total / 2 - step)).isEmpty();
    assertThat(shortfall.warning(0.5, 0.5, total / 2 - step - 1)).isPresent();
  }

  @Test
  void theSentenceSpeaksOfWhatWasAskedFor() {
    Recipe recipe =
        Recipe.of(
            Map.of("structures", "element", "sparsity", 0.25, "target-of", "bytes", "shots", 1));
    double share = new TargetShare(llama, name -> 4).of(recipe.goal(), recipe.layers());
    long asked = (long) (share * total);
    assertThat(new Shortfall(llama, recipe).warning(share, share, asked / 2).orElseThrow())
        .startsWith("12.50 ")
        .contains("% of the bytes are gone, not the 25.00 % that were asked for");
  }

  @Test
  void biasesThatNoPatternHoldsAreNotMissed() {
    ModelConfig opt = TinyModels.opt();
    Recipe recipe = Recipe.of(Map.of("structures", "2:4", "sparsity", 0.5));
    long weights =
        opt.linears().stream().mapToLong(layer -> (long) layer.outputs() * layer.inputs()).sum();
    assertThat(new Shortfall(opt, recipe).warning(0.5, 0.5, weights / 2)).isEmpty();
    assertThat(new Shortfall(opt, recipe).warning(0.5, 0.5, weights / 2 - 3)).isPresent();
  }

  @Test
  void eachLayerOnItsOwnMayMissAPart() {
    Recipe recipe =
        Recipe.of(Map.of("structures", "element", "threshold", "layer", "sparsity", 0.5));
    Shortfall shortfall = new Shortfall(llama, recipe);
    assertThat(shortfall.warning(0.5, 0.5, total / 2 - 14)).isEmpty();
    assertThat(shortfall.warning(0.5, 0.5, total / 2 - 15)).isPresent();
  }
}
