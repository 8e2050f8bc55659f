package org.llmsurgeon.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.llmsurgeon.jobs.option.RecipeSchema;
import org.llmsurgeon.jobs.option.RunSettings;
import org.llmsurgeon.jobs.option.ShippedRecipesTest;
import org.llmsurgeon.surgery.catalog.Preset;
import org.llmsurgeon.surgery.recipe.Recipe;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** The JSON schema of recipe files, as a validator reads it. */
class RecipeSchemaTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Schema SCHEMA =
      SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
          .getSchema(CommandRun.of("recipes", "--schema").out());

  private static List<String> problems(String yaml) {
    Object content = new Load(LoadSettings.builder().build()).loadFromString(yaml);
    JsonNode recipe = JSON.valueToTree(content);
    return SCHEMA.validate(recipe).stream().map(Object::toString).toList();
  }

  static Stream<Path> recipes() throws IOException {
    return ShippedRecipesTest.recipes();
  }

  @ParameterizedTest
  @MethodSource("recipes")
  void everyShippedRecipeFits(Path recipe) throws IOException {
    assertThat(problems(Files.readString(recipe))).isEmpty();
  }

  /** Every default is a value, and every key is in the schema. */
  @Test
  void theDefaultsOfAllOptionsFit() {
    Map<String, Object> defaults = Recipe.defaults().options();
    assertThat(SCHEMA.validate(JSON.<JsonNode>valueToTree(defaults))).isEmpty();
    JsonNode schema = JSON.valueToTree(RecipeSchema.schema());
    assertThat(schema.path("properties").size()).isEqualTo(RunSettings.ALL.size());
    assertThat(schema.path("properties")).allMatch(each -> each.path("description").isTextual());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          sparsty: 0.5            | sparsty
          sparsity: 1.5           | sparsity
          sparsity: 0             | sparsity
          sparsity: half          | sparsity
          shots: 2.5              | shots
          shots: often            | shots
          curvature: kfak         | curvature
          diagonal: perhaps       | diagonal
          targets: [0.1, 2]       | targets
          include: {a: 1}         | include
          """)
  void whatIsWrongIsNamed(String yaml, String key) {
    assertThat(problems(yaml)).isNotEmpty().anyMatch(each -> each.contains(key));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          shots: auto
          sparsity: 1
          context:
          round-to: neuron=64,head=2
          round-to: 64
          targets: [0.1, 0.2]
          targets: "0.1,0.2"
          calibration: [a.txt, b.jsonl]
          """)
  void whatIsRightPasses(String yaml) {
    assertThat(problems(yaml)).isEmpty();
  }

  @Test
  void everyPresetIsAChoice() {
    for (Preset preset : Preset.values()) {
      assertThat(problems("preset: " + preset.optionName())).isEmpty();
    }
    assertThat(problems("preset: worst")).isNotEmpty();
  }

  @Test
  void aNameAndTheSchemaExcludeEachOther() {
    CommandRun both = CommandRun.of("recipes", "quick", "--schema");
    assertThat(both.code()).isEqualTo(2);
    assertThat(both.err()).contains("NAME and --schema exclude each other");
  }
}
