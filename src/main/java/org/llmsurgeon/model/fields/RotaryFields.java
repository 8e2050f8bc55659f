package org.llmsurgeon.model.fields;

import java.util.List;
import org.llmsurgeon.model.config.ModelSize;
import org.llmsurgeon.model.config.RotaryPositions;
import org.llmsurgeon.model.config.RotaryScaling;

/**
 * Reads rotary positions in both spellings: {@code rope_theta} and {@code rope_scaling} side by
 * side (transformers 4), or everything inside {@code rope_parameters} (transformers 5).
 */
public final class RotaryFields {
  private static final double STANDARD_THETA = 10000;
  private static final String PART = "partial_rotary_factor";
  private static final String ORIGINAL = "original_max_position_embeddings";

  private final ConfigFields fields;
  private final ConfigFields rope;
  private final ModelSize size;

  private RotaryFields(ConfigFields fields, ConfigFields rope, ModelSize size) {
    this.fields = fields;
    this.rope = rope;
    this.size = size;
  }

  private static RotaryFields of(ConfigFields fields, ModelSize size) {
    return new RotaryFields(fields, object(fields), size);
  }

  /** The object that holds the scaling. */
  static ConfigFields object(ConfigFields fields) {
    return fields.object(isFilled(fields, "rope_scaling") ? "rope_scaling" : "rope_parameters");
  }

  private static boolean isFilled(ConfigFields fields, String name) {
    return fields.has(name) && !(fields.raw(name).isObject() && fields.raw(name).isEmpty());
  }

  /**
   * @param fields the configuration
   * @param size sizes of the network
   * @throws org.llmsurgeon.InputException for a kind of scaling that is not supported
   */
  public static RotaryPositions read(ConfigFields fields, ModelSize size) {
    return readPart(fields, size, 1);
  }

  /**
   * Positions that may rotate only a part of each head.
   *
   * @param part share of a head's columns where the configuration says nothing
   */
  public static RotaryPositions readPart(ConfigFields fields, ModelSize size, double part) {
    return of(fields, size).read("rope_theta", STANDARD_THETA, fields.positive(PART, part));
  }

  /**
   * Positions with a base of their own.
   *
   * @param theta base where the configuration says nothing
   */
  public static RotaryPositions read(ConfigFields fields, ModelSize size, double theta) {
    return of(fields, size).read("rope_theta", theta, 1);
  }

  /** As GPT-NeoX spells them. */
  public static RotaryPositions readNeoX(ConfigFields fields, ModelSize size) {
    double part = fields.positive(PART, fields.positive("rotary_pct", 0.25));
    double theta = fields.positive("rope_theta", STANDARD_THETA);
    return of(fields, size).read("rotary_emb_base", theta, part);
  }

  /**
   * Positions that may stand in a section for one kind of block.
   *
   * @param section name of the section in {@code rope_parameters}
   * @param theta base where the configuration says nothing
   */
  public static RotaryPositions read(
      ConfigFields fields, ModelSize size, String section, double theta) {
    ConfigFields all = object(fields);
    ConfigFields own = all.has(section) ? all.object(section) : all;
    return new RotaryFields(fields, own, size).read("rope_theta", theta, 1);
  }

  /** Positions of blocks that look at a window, which are never scaled (Gemma 3). */
  public static RotaryPositions readLocal(ConfigFields fields, ModelSize size) {
    String section = "sliding_attention";
    ConfigFields all = object(fields);
    if (all.has(section)) {
      return read(fields, size, section, STANDARD_THETA);
    }
    double theta = fields.positive("rope_local_base_freq", STANDARD_THETA);
    return new RotaryPositions(theta, size.headDimension(), new RotaryScaling.None());
  }

  private RotaryPositions read(String base, double theta, double part) {
    double share = rope.positive(PART, part);
    int dimensions = (int) (size.headDimension() * share);
    if (share > 1 || dimensions < 2 || dimensions % 2 != 0) {
      throw fields.contradiction(
          "of heads of %d columns a share of %s is to be rotated, but that must be an even number"
              .formatted(size.headDimension(), share));
    }
    double own = rope.positive("rope_theta", fields.positive(base, theta));
    return new RotaryPositions(own, dimensions, scaling(dimensions));
  }

  private RotaryScaling scaling(int dimensions) {
    String key = rope.has("rope_type") ? "rope_type" : "type";
    String type = rope.text(key, "default");
    return switch (type) {
      case "default" -> new RotaryScaling.None();
      case "dynamic" -> {
        rope.requiredPositive("factor");
        yield new RotaryScaling.None();
      }
      case "linear" -> new RotaryScaling.Linear(rope.requiredPositive("factor"));
      case "llama3" -> llama3();
      case "yarn" -> yarn();
      case "longrope", "su" -> longrope(dimensions);
      default ->
          throw rope.wrong(key, "default, linear, dynamic, llama3, yarn or longrope (no others)");
    };
  }

  private int originalPositions() {
    return fields.size(ORIGINAL, rope.size(ORIGINAL, size.maxPositions()));
  }

  private RotaryScaling llama3() {
    double low = rope.requiredPositive("low_freq_factor");
    double high = rope.requiredPositive("high_freq_factor");
    if (high <= low) {
      throw rope.wrong("high_freq_factor", "greater than low_freq_factor (" + low + ")");
    }
    return new RotaryScaling.Llama3(
        rope.requiredPositive("factor"), low, high, originalPositions());
  }

  private RotaryScaling yarn() {
    double divisor = rope.positive("factor", (double) size.maxPositions() / originalPositions());
    double mscale = rope.positive("mscale", 0);
    double all = rope.positive("mscale_all_dim", 0);
    double plain =
        mscale > 0 && all > 0
            ? magnitude(divisor, mscale) / magnitude(divisor, all)
            : magnitude(divisor, 1);
    return new RotaryScaling.Yarn(
        divisor,
        rope.positive("beta_fast", 32),
        rope.positive("beta_slow", 1),
        rope.flag("truncate", true),
        originalPositions(),
        rope.positive("attention_factor", plain));
  }

  private static double magnitude(double divisor, double scale) {
    return divisor <= 1 ? 1 : 0.1 * scale * Math.log(divisor) + 1;
  }

  private RotaryScaling longrope(int dimensions) {
    int original = originalPositions();
    double reach = (double) size.maxPositions() / original;
    double factor = rope.positive("factor", reach);
    double plain = factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(original));
    List<Double> shorter = rope.numbers("short_factor", dimensions / 2);
    List<Double> longer = rope.numbers("long_factor", dimensions / 2);
    return new RotaryScaling.Long(
        shorter, longer, original, rope.positive("attention_factor", plain));
  }
}
