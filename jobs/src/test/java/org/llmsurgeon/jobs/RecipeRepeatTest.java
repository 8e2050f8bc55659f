package org.llmsurgeon.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The recipe beside a result makes it again, with nothing but the same inputs. */
class RecipeRepeatTest {
  @TempDir Path temp;
  private String model;
  private String text;

  @BeforeEach
  void inputs() throws IOException {
    model = TinyModelFolder.write(temp.resolve("model")).folder().toString();
    StringBuilder letters = new StringBuilder();
    new Random(5).ints(3000, 'a', 'k').forEach(letter -> letters.append((char) letter));
    text = Files.writeString(temp.resolve("text.txt"), letters).toString();
  }

  private Path prune(String output, List<String> options) {
    Path folder = temp.resolve(output);
    List<String> all = new ArrayList<>(List.of("prune", "--model", model, "--quiet"));
    all.addAll(List.of("--calibration", text, "--test", text, "--output", folder.toString()));
    all.addAll(options);
    CommandRun run = CommandRun.of(all.toArray(String[]::new));
    assertThat(run.code()).as(run.err()).isZero();
    return folder;
  }

  /** A result of some options, made again by its recipe alone. */
  private Path twice(String name, String options) {
    List<String> given = new ArrayList<>(List.of(options.split(" ")));
    given.addAll(List.of("--context", "8", "--sequences", "8", "--seed", "3"));
    Path first = prune(name, given);
    String recipe = first.resolve("recipe.yaml").toString();
    Path again = prune(name + "-again", List.of("--recipe", recipe));
    for (String file : List.of("model.safetensors", "config.json", "recipe.yaml")) {
      assertThat(again.resolve(file)).hasSameBinaryContentAs(first.resolve(file));
    }
    return first;
  }

  @Test
  void theSameBytes() throws IOException {
    Path units = twice("units", "--preset best --sparsity 0.3 --shots 2 --fisher sampled");
    Path groups = twice("groups", "--structures 1:2 --shots 1 --correct distill --rank 2");
    assertThat(Files.mismatch(units.resolve("recipe.yaml"), groups.resolve("recipe.yaml")))
        .isNotNegative();
    assertThat(Files.mismatch(file(units), file(groups))).as("recipes matter").isNotNegative();
  }

  private static Path file(Path folder) {
    return folder.resolve("model.safetensors");
  }
}
