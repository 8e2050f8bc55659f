package org.llmsurgeon.model.config;

import java.util.Locale;
import java.util.Map;

/**
 * How an architecture's checkpoints name their tensors, and which tensors hold several linear
 * layers. A layer that shares its tensor is called {@code module.query} and the like, where {@code
 * module} is what is stored.
 *
 * @param prefix first component of all names but the head's, which some checkpoints leave out, with
 *     its dot; empty where there is none
 * @param outer tensors outside of blocks
 * @param blocks module of block {@code i} is this followed by {@code i}
 * @param linears modules inside a block
 * @param norms modules inside a block; that of the last norm in full
 * @param layout how layers are stored
 */
public record TensorNames(
    String prefix,
    Outer outer,
    String blocks,
    Map<LinearRole, String> linears,
    Map<NormPlace, String> norms,
    Layout layout) {
  /**
   * Tensors outside of blocks.
   *
   * @param embedding token embedding's tensor
   * @param positions table of learned positions, or null
   * @param head the head's tensor, where it is not tied
   * @param projection modules that lead in and out where the embedding is narrower than the stream:
   *     what comes before {@code in.weight} and {@code out.weight}; null where it never is
   */
  public record Outer(String embedding, String positions, String head, String projection) {}

  /**
   * How layers are stored.
   *
   * @param fusion how modules that hold several layers are laid out
   * @param transposed whether matrices of linear layers are stored {@code [in, out]}
   * @param normsFirst whether a part's norm comes before its layers in the network's order
   */
  public record Layout(Fusion fusion, boolean transposed, boolean normsFirst) {}

  /** How a tensor holds several layers. */
  public enum Fusion {
    /** Each layer has its own. */
    NONE,
    /** One layer's rows after the other's. */
    STACKED,
    /**
     * Query, key and value rows of one key/value group after those of the other, the rest stacked.
     */
    BY_GROUP
  }

  /**
   * Whether a stored tensor holds several linears, and this one with its own name among them.
   *
   * @param role of the linear
   */
  public boolean fuses(LinearRole role) {
    return layout.fusion() != Fusion.NONE
        && linears.get(role).endsWith("." + role.name().toLowerCase(Locale.ROOT));
  }

  /** The module that a fused layer is stored in. */
  public String module(LinearRole role) {
    String name = linears.get(role);
    return name.substring(0, Math.max(0, name.lastIndexOf('.')));
  }
}
