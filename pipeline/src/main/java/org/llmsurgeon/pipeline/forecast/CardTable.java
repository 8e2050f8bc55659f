package org.llmsurgeon.pipeline.forecast;

import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.llmsurgeon.Choice;
import org.llmsurgeon.pipeline.forecast.size.Cards;

/**
 * Cards that a plan knows by name, by their makers' data sheets. How fast they are here is an
 * estimate: the shares of the sheet's rates that one H200 reached (a block of Llama 2 7B with its
 * factors: 204 x 10^12 operations per second in TF32, 0.41 of the sheet's 495; Cholesky and inverse
 * of 11,008 x 11,008 in double: 11 x 10^12, 0.165 of 67). No other card was ever run.
 */
enum CardTable {
  /** NVIDIA A100 Tensor Core GPU datasheet, 2021, 40GB. */
  A100_40GB(40e9, 156e12, 19.5e12),
  /** The same, 80GB SXM. */
  A100_80GB(80e9, 156e12, 19.5e12),
  /** NVIDIA H100 Tensor Core GPU datasheet, SXM; half of its rate with sparsity. */
  H100(80e9, 494.5e12, 67e12),
  /** NVIDIA H200 Tensor Core GPU datasheet, SXM; half of its rate with sparsity. */
  H200(141e9, 494.5e12, 67e12),
  /** NVIDIA L4 Tensor Core GPU datasheet; half of its rate with sparsity. */
  L4(24e9, 60e12, 0.47e12),
  /** NVIDIA L40S datasheet. */
  L40S(48e9, 183e12, 1.43e12),
  /** NVIDIA Ada GPU architecture whitepaper, GeForce RTX 4090. */
  RTX_4090(24e9, 82.6e12, 1.29e12);

  private static final double SHARE_OF_PASSES = 0.41;
  private static final double SHARE_OF_SOLVES = 0.165;

  private final double memory;
  private final double tf32;
  private final double doubles;

  /**
   * @param memory bytes
   * @param tf32 operations per second in TF32, dense
   * @param doubles operations per second in double, with tensor cores where they have it
   */
  CardTable(double memory, double tf32, double doubles) {
    this.memory = memory;
    this.tf32 = tf32;
    this.doubles = doubles;
  }

  /**
   * A card of the table.
   *
   * @param name as {@code a100-80gb}
   * @throws org.llmsurgeon.InputException if the table has none of that name, naming all
   */
  static Cards.Kind of(String name) {
    return Choice.parse("card", name, values()).kind();
  }

  /** All of them. */
  static List<Cards.Kind> all() {
    return Arrays.stream(values()).map(CardTable::kind).toList();
  }

  /**
   * A card that is there, by what its driver says of it: with the rates of the table's card of that
   * name, else of the slowest one.
   *
   * @param description as {@code NVIDIA H100 80GB HBM3}
   * @param memory its bytes
   */
  static Cards.Kind seen(String description, long memory) {
    List<String> words = List.of(description.toUpperCase(Locale.ROOT).split("[^A-Z0-9]+"));
    Cards.Kind like =
        Arrays.stream(values())
            .filter(card -> words.containsAll(List.of(card.name().split("_"))))
            .findFirst()
            .map(CardTable::kind)
            .orElseGet(
                () -> Collections.min(all(), Comparator.comparingDouble(Cards.Kind::passes)));
    return new Cards.Kind(
        description, memory, like.passes(), like.solves(), "the rates of " + like.name());
  }

  private Cards.Kind kind() {
    String basis =
        this == H200
            ? "estimate from measurements of one block of Llama 2 7B; no run was made on it"
            : "estimate from the maker's data sheet; this project has run nothing on it";
    return new Cards.Kind(
        Choice.name(this),
        Math.round(memory),
        SHARE_OF_PASSES * tf32,
        SHARE_OF_SOLVES * doubles,
        basis);
  }
}
