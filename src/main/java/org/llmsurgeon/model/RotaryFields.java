package org.llmsurgeon.model;

import org.llmsurgeon.InputException;

/**
 * Reads rotary positions in both spellings: {@code rope_theta} and {@code rope_scaling} side by
 * side (transformers 4), or everything inside {@code rope_parameters} (transformers 5).
 */
final class RotaryFields {
  private static final double STANDARD_THETA = 10000;

  private RotaryFields() {}

  /**
   * @param fields the configuration
   * @param maxPositions longest sequence, in tokens
   * @throws InputException for a kind of scaling that is not supported
   */
  static RotaryPositions read(ConfigFields fields, int maxPositions) {
    String name = isFilled(fields, "rope_scaling") ? "rope_scaling" : "rope_parameters";
    ConfigFields rope = fields.object(name);
    if (rope.has("partial_rotary_factor")
        && !UnsupportedFields.isOne(rope.raw("partial_rotary_factor"))) {
      throw rope.wrong("partial_rotary_factor", "1 (heads rotated in part are not supported)");
    }
    double theta = rope.positive("rope_theta", fields.positive("rope_theta", STANDARD_THETA));
    return new RotaryPositions(theta, scaling(fields, rope, maxPositions));
  }

  private static boolean isFilled(ConfigFields fields, String name) {
    return fields.has(name) && !(fields.raw(name).isObject() && fields.raw(name).isEmpty());
  }

  private static RotaryScaling scaling(ConfigFields fields, ConfigFields rope, int maxPositions) {
    String key = rope.has("rope_type") ? "rope_type" : "type";
    String type = rope.text(key, "default");
    return switch (type) {
      case "default" -> new RotaryScaling.None();
      case "linear" -> new RotaryScaling.Linear(rope.requiredPositive("factor"));
      case "llama3" -> llama3(fields, rope, maxPositions);
      default ->
          throw rope.wrong(key, "default, linear or llama3 (other scalings are not supported)");
    };
  }

  private static RotaryScaling llama3(ConfigFields fields, ConfigFields rope, int maxPositions) {
    String original = "original_max_position_embeddings";
    int positions = fields.size(original, rope.size(original, maxPositions));
    double low = rope.requiredPositive("low_freq_factor");
    double high = rope.requiredPositive("high_freq_factor");
    if (high <= low) {
      throw rope.wrong("high_freq_factor", "greater than low_freq_factor (" + low + ")");
    }
    return new RotaryScaling.Llama3(rope.requiredPositive("factor"), low, high, positions);
  }
}
