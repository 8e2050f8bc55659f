package org.llmsurgeon.surgery;

import java.util.Arrays;
import java.util.stream.Collectors;
import org.llmsurgeon.InputException;

/** What a correction between shots and at the end makes smaller. */
public enum CorrectionKind {
  /** There is none. */
  NONE("none"),
  /** Cross-entropy of the next tokens of the calibration data. */
  CROSS_ENTROPY("cross-entropy"),
  /** Divergence from what the dense model says about the next tokens. */
  DISTILL("distill");

  private final String optionName;

  CorrectionKind(String optionName) {
    this.optionName = optionName;
  }

  /** The name on the command line. */
  public String optionName() {
    return optionName;
  }

  /**
   * The kind of this name.
   *
   * @param name for example {@code distill}
   * @throws InputException if there is none, listing the choices
   */
  public static CorrectionKind parse(String name) {
    return Arrays.stream(values())
        .filter(kind -> kind.optionName.equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new InputException(
                    "There is no correction '"
                        + name
                        + "'; choose one of "
                        + Arrays.stream(values())
                            .map(CorrectionKind::optionName)
                            .collect(Collectors.joining(", "))
                        + "."));
  }
}
