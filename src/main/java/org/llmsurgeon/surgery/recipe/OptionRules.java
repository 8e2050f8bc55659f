package org.llmsurgeon.surgery.recipe;

import java.util.Locale;
import org.llmsurgeon.InputException;
import org.llmsurgeon.curvature.CurvatureKind;
import org.llmsurgeon.pruning.layer.UpdateKind;
import org.llmsurgeon.pruning.structure.Elements;
import org.llmsurgeon.pruning.structure.Patterns;
import org.llmsurgeon.pruning.structure.RowsColumns;
import org.llmsurgeon.pruning.structure.SelectionKind;
import org.llmsurgeon.pruning.structure.SparseStructures;
import org.llmsurgeon.pruning.structure.Structures;
import org.llmsurgeon.pruning.structure.Units;

/**
 * Which options a kind of structure has a use for: one that would do nothing is refused, never
 * ignored. A switch that is off is none.
 *
 * @param read the options
 * @param structures what may go
 * @param selection how a shot chooses
 */
record OptionRules(RecipeOptions read, Structures structures, SelectionKind selection) {
  private static final String SPARSE = "--structures element or N:M";

  /**
   * Throws where an option would do nothing.
   *
   * @throws InputException naming it and what it goes with
   */
  void check() {
    boolean units = structures instanceof Units;
    boolean sparse = structures instanceof SparseStructures;
    boolean patterns = structures instanceof Patterns;
    only("units", units, "--structures units");
    only(
        "rounds",
        sparse || selection == SelectionKind.ROUNDS,
        "--selection rounds, or " + SPARSE + ",");
    only("path-step", selection == SelectionKind.PATHS, "--selection paths");
    only("element-update", sparse, SPARSE);
    only("max-correlate", sparse, SPARSE);
    only("add-update", sparse, SPARSE);
    only("keep-bias", structures instanceof Elements, "--structures element");
    only("independent", patterns, "--structures N:M");
    only("skip-unfit", patterns, "--structures N:M");
    only("damp-g", usesDampingG(structures, curvature()), "rows, units, single weights and N:M");
    boolean refits = read.flag("reconstruct");
    only(
        "damp-a",
        refits || usesDampingA(structures, curvature()),
        "columns, units, single weights, N:M and --reconstruct");
    checkUpdate(sparse);
  }

  private CurvatureKind curvature() {
    return CurvatureKind.parse(read.text("curvature"));
  }

  /** Of a product, columns alone look at the inverse of {@code A} only. */
  static boolean usesDampingG(Structures structures, CurvatureKind curvature) {
    return !curvature.product() || !(structures instanceof RowsColumns lines) || lines.rows();
  }

  /** Of a product, rows alone look at the inverse of {@code G} only. */
  static boolean usesDampingA(Structures structures, CurvatureKind curvature) {
    return !curvature.product() || !(structures instanceof RowsColumns lines) || lines.columns();
  }

  private void only(String option, boolean useful, String with) {
    if (!useful && isOn(option)) {
      throw new InputException("--" + option + " goes with " + with + " only.");
    }
  }

  private boolean isOn(String option) {
    boolean onByDefault = option.equals("add-update");
    return read.given(option) && (onByDefault || !"false".equals(read.text(option)));
  }

  private void checkUpdate(boolean sparse) {
    UpdateKind update = UpdateKind.parse(read.text("update"));
    boolean none = update == UpdateKind.NONE;
    if (read.flag("diagonal") && read.given("update") && !none) {
      throw new InputException(
          "With --diagonal nothing makes up for what goes, which --update "
              + update.optionName()
              + " contradicts; leave one of them out.");
    }
    if (sparse && update != UpdateKind.JOINT && !none) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "--update %s goes with rows, columns and units only; give joint or none, or"
                  + " --element-update grouped for the authors' update of single weights.",
              update.optionName()));
    }
    if ((none || read.flag("diagonal")) && isOn("element-update")) {
      throw new InputException(
          "--element-update says how the rest makes up for what goes, which --update none and"
              + " --diagonal leave out; leave one of them out.");
    }
  }
}
