package org.llmsurgeon.model.weights;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.reference.ReferenceDevice;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.ReferenceModel;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.model.config.ModelConfig;

@DisplayName("Checkpoint names")
class CheckpointNamesTest {
  private final Device device = new ReferenceDevice();

  @Test
  void areTheFullOnesWhereTheCheckpointHasThem() {
    CheckpointNames names =
        CheckpointNames.of(TinyModels.opt(), "model.decoder.embed_tokens.weight"::equals);
    assertThat(names.stored("model.decoder.layers.0.fc1.weight"))
        .isEqualTo("model.decoder.layers.0.fc1.weight");
  }

  @Test
  void loseTheirPrefixWhereTheCheckpointLeavesItOut() {
    CheckpointNames names =
        CheckpointNames.of(TinyModels.opt(), "decoder.embed_tokens.weight"::equals);
    assertThat(names.stored("model.decoder.layers.0.fc1.weight"))
        .isEqualTo("decoder.layers.0.fc1.weight");
    assertThat(names.stored("lm_head.weight")).isEqualTo("lm_head.weight");
  }

  @Test
  void readTheEmbeddingFromTheHeadWhereOnlyThatIsStored() {
    CheckpointNames names = CheckpointNames.of(TinyModels.opt(), "lm_head.weight"::equals);
    assertThat(names.stored("model.decoder.embed_tokens.weight")).isEqualTo("lm_head.weight");
  }

  /** As the first BERT checkpoints were written. */
  @Test
  void callWeightAndBiasOfANormGammaAndBeta() throws IOException {
    try (ReferenceModel bert = ReferenceModel.open("bert")) {
      WeightSource old =
          new WeightSource() {
            private String now(String name) {
              return name.replace("LayerNorm.gamma", "LayerNorm.weight")
                  .replace("LayerNorm.beta", "LayerNorm.bias");
            }

            @Override
            public boolean contains(String name) {
              return !name.matches(".*LayerNorm\\.(weight|bias)") && bert.contains(now(name));
            }

            @Override
            public int[] shape(String name) {
              return bert.shape(now(name));
            }

            @Override
            public Tensor load(String name, Device where) {
              return bert.load(now(name), where);
            }
          };
      try (LanguageModel expected = LanguageModel.load(bert.config(), bert, device);
          LanguageModel model = LanguageModel.load(bert.config(), old, device);
          Tensor theirs = expected.logits(bert.ids());
          Tensor own = model.logits(bert.ids())) {
        assertThat(device.values(own)).containsExactly(device.values(theirs));
      }
    }
  }

  /** As in transformers 5: what is stored is the head, whatever the configuration says. */
  @Test
  void takeAStoredHeadOfATiedModelAsItsHead() {
    ModelConfig tied = TinyModels.opt();
    ModelConfig own = TinyModels.with(TinyModels.optJson(), "{\"tie_word_embeddings\": false}");
    WeightSource both = TinyModels.weights(own, 31);
    int[][] windows = TinyModels.windows(own, 2, 5, 32);
    try (LanguageModel expected = LanguageModel.load(own, both, device);
        LanguageModel model = LanguageModel.load(tied, both, device);
        LanguageModel without = LanguageModel.load(tied, TinyModels.weights(tied, 31), device)) {
      assertThat(model.config().tiedHead()).isFalse();
      assertThat(model.losses(windows)).containsExactly(expected.losses(windows));
      assertThat(without.config().tiedHead()).isTrue();
    }
  }

  @Test
  void loadTheSameModelEitherWay() {
    ModelConfig config = TinyModels.opt();
    WeightSource full = TinyModels.weights(config, 31);
    int[][] windows = TinyModels.windows(config, 2, 5, 32);
    try (LanguageModel model = LanguageModel.load(config, full, device);
        LanguageModel bare = LanguageModel.load(config, new Unprefixed(full), device)) {
      assertThat(bare.parameterNames()).isEqualTo(model.parameterNames());
      assertThat(bare.losses(windows)).containsExactly(model.losses(windows));
    }
  }

  @Test
  void writableWeightsLeaveTheirSourceAlone() {
    try (Tensor shared = device.tensor(Precision.SINGLE, 1, 2, 3, 4)) {
      WeightSource source = new OneTensor(shared);
      try (Tensor copy = source.writable().load("any", device)) {
        device.scale(0, copy);
      }
      assertThat(device.values(shared)).containsExactly(3, 4);
    }
  }

  /** A checkpoint without the leading {@code model.}. */
  private record Unprefixed(WeightSource full) implements WeightSource {
    @Override
    public boolean contains(String name) {
      return !name.startsWith("model.") && full.contains(fullName(name));
    }

    @Override
    public int[] shape(String name) {
      return full.shape(fullName(name));
    }

    @Override
    public Tensor load(String name, Device device) {
      return full.load(fullName(name), device);
    }

    private static String fullName(String name) {
      return name.startsWith("decoder.") ? "model." + name : name;
    }
  }

  /** A source whose tensors all lie over the same memory. */
  private record OneTensor(Tensor tensor) implements WeightSource {
    @Override
    public boolean contains(String name) {
      return true;
    }

    @Override
    public int[] shape(String name) {
      return new int[] {tensor.columns()};
    }

    @Override
    public Tensor load(String name, Device device) {
      return tensor.reshape(1, tensor.columns());
    }
  }
}
