package org.llmsurgeon.surgery.catalog;

import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.llmsurgeon.InputException;

/**
 * Names layers: some whole parts of a module name between its dots, as {@code q_proj}, {@code mlp}
 * or {@code layers.0}. {@code *} stands for any characters, dots too, {@code ?} for one, {@code
 * [0-4]} for one of these. All layers below a module that is named are meant.
 *
 * @param text the pattern as it was given
 */
public record LayerPattern(String text) {
  private static final Pattern NAME = Pattern.compile("[^*?\\[\\]]*");

  /**
   * Checks the pattern.
   *
   * @throws InputException if it is none
   */
  public LayerPattern {
    try {
      compiled(text);
    } catch (PatternSyntaxException wrong) {
      throw new InputException(
          "The layer pattern '" + text + "' has no end of its brackets; write it as layers.[0-4].",
          wrong);
    }
  }

  /** Whether a layer is meant. */
  public boolean matches(String layer) {
    // Most patterns are names. Those of a trust region are, and are asked for each of all layers.
    return NAME.matcher(text).matches()
        ? ("." + layer + ".").contains("." + text + ".")
        : compiled(text).matcher(layer).matches();
  }

  private static Pattern compiled(String text) {
    StringBuilder regex = new StringBuilder();
    boolean bracket = false;
    for (char each : text.toCharArray()) {
      bracket = each == '[' || bracket && each != ']';
      if (each == '*') {
        regex.append(".*");
      } else if (each == '?') {
        regex.append('.');
      } else if (bracket || each == ']') {
        regex.append(each);
      } else {
        regex.append(Pattern.quote(String.valueOf(each)));
      }
    }
    return Pattern.compile("(.*\\.)?" + regex + "(\\..*)?");
  }
}
