package org.llmsurgeon.surgery.recipe;

import java.util.Map;
import org.llmsurgeon.InputException;
import org.llmsurgeon.pruning.layer.ElementUpdate;
import org.llmsurgeon.pruning.structure.Patterns;
import org.llmsurgeon.pruning.structure.SparseStructures;
import org.llmsurgeon.pruning.structure.Structures;

/**
 * How single weights and N:M groups are chosen and made up for; other structures have no use for
 * it.
 *
 * @param update how the rest makes up for the weights that go
 * @param keepBias whether biases are no candidates; they never are for N:M
 * @param independent whether a group's cost is the paper's sum over its weights, not their joint
 *     cost
 * @param skipUnfit whether layers whose width the groups do not divide stay dense
 */
public record ElementRule(
    ElementUpdate update, boolean keepBias, boolean independent, boolean skipUnfit) {
  /** All weights of a layer jointly, biases too. */
  public static final ElementRule DEFAULT =
      new ElementRule(ElementUpdate.Full.DEFAULT, false, false, false);

  /** Damping of {@code G} for single weights and N:M, unless another is given. */
  public static final double DAMPING_G = 0.1;

  /** Removed weights of a group at most, as in the paper. */
  public static final int MOST_CORRELATED = 2000;

  private static final String FULL = "full";
  private static final String GROUPED = "grouped";

  /**
   * Reads the options.
   *
   * @throws InputException if they contradict each other
   */
  static ElementRule of(RecipeOptions read) {
    String kind = read.given("element-update") ? read.text("element-update") : FULL;
    return new ElementRule(
        switch (kind) {
          case FULL -> full(read);
          case GROUPED -> grouped(read);
          default ->
              throw new InputException(
                  "There is no element-update '" + kind + "'; choose one of full, grouped.");
        },
        flag(read, "keep-bias", false),
        flag(read, "independent", false),
        flag(read, "skip-unfit", false));
  }

  private static ElementUpdate full(RecipeOptions read) {
    for (String name : new String[] {"max-correlate", "add-update"}) {
      if (read.given(name)) {
        throw new InputException("--" + name + " goes with --element-update grouped only.");
      }
    }
    return ElementUpdate.Full.DEFAULT;
  }

  private static ElementUpdate grouped(RecipeOptions read) {
    int most = read.given("max-correlate") ? read.integer("max-correlate") : MOST_CORRELATED;
    if (most < 1) {
      throw new InputException("--max-correlate is " + most + "; give at least 1.");
    }
    return new ElementUpdate.Grouped(most, flag(read, "add-update", true));
  }

  private static boolean flag(RecipeOptions read, String name, boolean otherwise) {
    return read.given(name) ? read.flag(name) : otherwise;
  }

  /**
   * Writes the options; those that do not apply are null.
   *
   * @param structures what goes
   * @param compensated whether the rest makes up for it
   * @param options where to
   */
  void put(Structures structures, boolean compensated, Map<String, Object> options) {
    boolean sparse = structures instanceof SparseStructures;
    boolean patterns = structures instanceof Patterns;
    boolean updates = sparse && compensated;
    ElementUpdate.Grouped groups =
        updates && update instanceof ElementUpdate.Grouped each ? each : null;
    options.put("element-update", !updates ? null : groups == null ? FULL : GROUPED);
    options.put("max-correlate", groups != null ? groups.mostCorrelated() : null);
    options.put("add-update", groups != null ? groups.addUpdates() : null);
    options.put("keep-bias", sparse && !patterns ? keepBias : null);
    options.put("independent", patterns ? independent : null);
    options.put("skip-unfit", patterns ? skipUnfit : null);
  }
}
