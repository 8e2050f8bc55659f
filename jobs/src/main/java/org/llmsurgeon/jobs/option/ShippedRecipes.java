package org.llmsurgeon.jobs.option;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** The recipes that come with the program, inside its jar: {@code --recipe quick} names one. */
public final class ShippedRecipes {
  /** By purpose first, then by the paper's tables. */
  public static final List<String> NAMES =
      List.of(
          "quick",
          "default",
          "loadable-20",
          "hardware-30",
          "max-quality",
          "paper-structured",
          "paper-structured-90-to-50",
          "paper-structured-llama",
          "paper-structured-corrected",
          "k-obd",
          "paper-l-obd",
          "paper-magnitude",
          "paper-semi-structured",
          "paper-semi-structured-llama",
          "paper-semi-structured-k-obd",
          "paper-semi-structured-l-obd",
          "paper-semi-structured-magnitude",
          "paper-unstructured",
          "paper-unstructured-llama",
          "paper-unstructured-k-obd",
          "paper-unstructured-l-obd",
          "paper-unstructured-magnitude");

  private ShippedRecipes() {}

  /**
   * The text of a recipe; empty where none has this name.
   *
   * @param name with or without {@code .yaml}
   */
  public static Optional<String> text(String name) {
    String plain = name.replaceFirst("\\.yaml$", "");
    if (!NAMES.contains(plain)) {
      return Optional.empty();
    }
    try (InputStream in =
        ShippedRecipes.class.getResourceAsStream(
            "/org/llmsurgeon/jobs/recipes/" + plain + ".yaml")) {
      if (in == null) {
        throw new IllegalStateException("the jar has no recipe " + plain);
      }
      return Optional.of(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException broken) {
      throw new UncheckedIOException(plain, broken);
    }
  }

  /**
   * What a recipe is, in the words of its first lines.
   *
   * @param text of the recipe
   */
  public static String purpose(String text) {
    return text.lines()
        .takeWhile(line -> line.startsWith("#"))
        .map(line -> line.substring(1).strip())
        .collect(Collectors.joining(" "));
  }
}
