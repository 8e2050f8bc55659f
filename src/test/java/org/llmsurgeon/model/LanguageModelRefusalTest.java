package org.llmsurgeon.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.InputException;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.NonFiniteException;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.reference.ReferenceDevice;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.pass.ParameterGradients;
import org.llmsurgeon.model.weights.WeightSource;

@DisplayName("A language model refuses")
class LanguageModelRefusalTest {
  private final Device device = device();
  private final ModelConfig config = TinyModels.llama();
  private final LanguageModel model =
      LanguageModel.load(config, TinyModels.weights(config, 21), device);

  /** What computes. */
  Device device() {
    return new ReferenceDevice();
  }

  @AfterEach
  void close() {
    model.close();
  }

  @Test
  void anIdOutsideTheVocabularyNamingIdWindowAndSize() {
    assertThatThrownBy(() -> model.losses(new int[][] {{1, 2}, {3, 11}}))
        .isInstanceOf(InputException.class)
        .hasMessageContainingAll("window 1", "token id 11", "position 1", "11 entries");
    assertThatThrownBy(() -> model.logits(new int[] {-1}))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("token id -1");
  }

  @Test
  void aWindowLongerThanItsPositions() {
    assertThatThrownBy(() -> model.calibrate(new int[][] {new int[33]}, new RecordingTap(device)))
        .isInstanceOf(InputException.class)
        .hasMessageContainingAll("33", "max_position_embeddings", "a context of 32");
  }

  @Test
  void aWindowWithoutATarget() {
    assertThatThrownBy(() -> model.losses(new int[][] {{1}}))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("window 0 has 1 tokens, but at least 2");
  }

  @Test
  void aCheckpointThatLacksATensor() {
    WeightSource lacking = new ChangedWeights("model.layers.1.mlp.up_proj.weight", null);
    assertThatThrownBy(() -> LanguageModel.load(config, lacking, device))
        .isInstanceOf(InputException.class)
        .hasMessageContainingAll("model.layers.1.mlp.up_proj.weight", "[10, 8]");
  }

  @Test
  void aTensorOfAnotherShapeNamingBothShapes() {
    WeightSource other = new ChangedWeights("model.norm.weight", new int[] {9});
    assertThatThrownBy(() -> LanguageModel.load(config, other, device))
        .isInstanceOf(InputException.class)
        .hasMessageContainingAll("model.norm.weight", "[9]", "[8]");
  }

  @Test
  void aNonFiniteActivationNamingTheFirstBlock() {
    spoil("model.layers.1.mlp.down_proj.weight", 3);
    int[][] windows = TinyModels.windows(config, 2, 4, 22);
    assertThatThrownBy(() -> model.losses(windows))
        .isInstanceOf(NonFiniteException.class)
        .hasMessage("the output of model.layers.1 is not finite, first at token 0 of window 0");
    assertThatThrownBy(() -> model.calibrate(windows, null))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageContaining("the output of model.layers.1");
  }

  @Test
  void aNonFiniteEmbeddingNamingTokenAndWindow() {
    ModelConfig untied =
        TinyModels.with(TinyModels.llamaJson(), "{\"tie_word_embeddings\": false}");
    try (LanguageModel other = LanguageModel.load(untied, TinyModels.weights(untied, 21), device)) {
      device.upload(new double[] {Double.NaN}, 0, other.weight(untied.embeddingName()), 5 * 8, 1);
      int[][] windows = {{1, 2}, {3, 4, 2, 1}, {2, 1, 5, 3}};
      assertThatThrownBy(() -> other.losses(windows))
          .isInstanceOf(NonFiniteException.class)
          .hasMessage("the embedding is not finite, first at token 2 of window 2");
    }
  }

  @Test
  void aNonFiniteInputWhereATapLooks() {
    spoil("model.layers.1.self_attn.v_proj.weight", 0);
    int[][] windows = TinyModels.windows(config, 1, 4, 23);
    assertThatThrownBy(() -> model.forward(windows, new RecordingTap(device)))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageContaining("the input of model.layers.1.self_attn.o_proj");
  }

  @Test
  void aNonFiniteGradientNamingTheLayer() {
    int[][] windows = TinyModels.windows(config, 1, 4, 24);
    try (ParameterGradients gradients = model.zeroGradients(Precision.DOUBLE)) {
      assertThatThrownBy(() -> model.gradients(windows, Double.POSITIVE_INFINITY, gradients))
          .isInstanceOf(NonFiniteException.class)
          .hasMessageContaining("gradient of the output of model.layers.1.mlp.down_proj");
    }
  }

  @Test
  void nothingOfAWindowThatFits() {
    assertThat(model.losses(new int[0][])).isEmpty();
    assertThat(model.losses(new int[][] {new int[32], new int[2]})).hasSize(2);
  }

  private void spoil(String name, long at) {
    device.upload(new double[] {Double.NaN}, 0, model.weight(name), at, 1);
  }

  /** The right weights, but for one tensor that has another shape, or is not there. */
  private final class ChangedWeights implements WeightSource {
    private final WeightSource right = TinyModels.weights(config, 21);
    private final String changed;
    private final int[] shape;

    ChangedWeights(String changed, int[] shape) {
      this.changed = changed;
      this.shape = shape;
    }

    @Override
    public boolean contains(String name) {
      return name.equals(changed) ? shape != null : right.contains(name);
    }

    @Override
    public int[] shape(String name) {
      return name.equals(changed) ? shape : right.shape(name);
    }

    @Override
    public Tensor load(String name, Device device) {
      return right.load(name, device);
    }
  }
}
