package org.llmsurgeon.pipeline.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.llmsurgeon.pipeline.run.HashedFile;
import org.llmsurgeon.pipeline.run.RunIdentity;
import org.llmsurgeon.pipeline.run.RunInputs;
import org.llmsurgeon.surgery.recipe.Recipe;

/** A recipe is the same wherever it travels: to executors, and through plans and reports. */
class StoredRecipeTest {
  static Stream<Recipe> recipes() {
    return Stream.<Map<String, ?>>of(
            Map.of(),
            Map.of("shots", "auto", "max-shots", 7, "curvature", "kfac"),
            Map.of("structures", "2:4", "sparsity", 0.5, "rounds", 2, "seed", 7_000_000_000L),
            Map.of("structures", "row,column", "exclude", "layers.[0-1]", "diagonal", true),
            Map.of("targets", "0.1,0.2,0.4", "save-at", "0.2", "fresh-calibration", true))
        .map(Recipe::of);
  }

  @ParameterizedTest
  @MethodSource("recipes")
  void toExecutors(Recipe recipe) throws IOException, ClassNotFoundException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(recipe);
    }
    try (ObjectInputStream in =
        new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      assertThat(in.readObject()).isEqualTo(recipe);
    }
  }

  @ParameterizedTest
  @MethodSource("recipes")
  void throughAPlan(Recipe recipe) {
    RunInputs inputs = new RunInputs(new HashedFile("m", "0"), List.of(), List.of());
    RunIdentity identity = RunIdentity.of(inputs, recipe, 16);
    byte[] json = Json.bytes(identity);
    assertThat(new String(json, StandardCharsets.UTF_8)).contains("\"damp-a\" :");
    RunIdentity read = Json.read(json, RunIdentity.class).orElseThrow();
    assertThat(read).isEqualTo(identity);
    assertThat(read.difference(identity)).isEmpty();
    assertThat(Json.bytes(read)).isEqualTo(json);
  }
}
