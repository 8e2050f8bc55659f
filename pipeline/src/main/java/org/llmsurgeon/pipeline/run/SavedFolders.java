package org.llmsurgeon.pipeline.run;

import java.math.BigDecimal;
import java.util.List;
import java.util.regex.Pattern;
import org.llmsurgeon.surgery.recipe.Recipe;

/** Names of the folders of models that a run keeps on its way: {@code at-0.10}. */
public final class SavedFolders {
  private static final Pattern NAME = Pattern.compile("at-[01]\\.\\d{2,}");

  private SavedFolders() {}

  /** Whether a folder has such a name. */
  public static boolean matches(String folder) {
    return NAME.matcher(folder).matches();
  }

  /** Name of a folder: the share with at least two decimals, so that names sort. */
  public static String name(double share) {
    BigDecimal digits = BigDecimal.valueOf(share);
    return "at-" + digits.setScale(Math.max(2, digits.scale())).toPlainString();
  }

  /** Names of the folders of all models that a recipe keeps before its end. */
  public static List<String> of(Recipe recipe) {
    return recipe.pace().saveAt().stream()
        .filter(each -> each < recipe.goal().sparsity())
        .map(SavedFolders::name)
        .toList();
  }
}
