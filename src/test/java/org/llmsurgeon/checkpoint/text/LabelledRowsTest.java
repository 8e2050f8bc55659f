package org.llmsurgeon.checkpoint.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.storage.LocalStorage;

@DisplayName("Labelled rows")
class LabelledRowsTest {
  private static final LabelledColumns USUAL = LabelledColumns.USUAL;

  @TempDir Path folder;

  private List<LabelledText> read(String name, LabelledColumns columns, boolean words) {
    List<LabelledText> texts = new ArrayList<>();
    String path = folder.resolve(name).toString();
    try (LabelledRows rows = new JsonRows(new LocalStorage().open(path))) {
      for (JsonNode row = rows.next(); row != null; row = rows.next()) {
        texts.add(columns.of(row, words, rows.where()));
      }
    }
    return texts;
  }

  /** JSON with single quotes for double ones. */
  private List<LabelledText> of(String json, LabelledColumns columns, boolean words)
      throws IOException {
    Files.writeString(folder.resolve("a.jsonl"), json.replace('\'', '"'));
    return read("a.jsonl", columns, words);
  }

  private void refuses(String json, LabelledColumns columns, String... parts) {
    assertThatThrownBy(() -> of(json, columns, false))
        .isInstanceOf(InputException.class)
        .satisfies(
            each -> {
              for (String part : parts) {
                assertThat(each.getMessage()).contains(part.replace('\'', '"'));
              }
            });
  }

  @Test
  void areLinesOrAnArrayAlsoCompressed() throws IOException {
    String lines = "{'text': 'a', 'label': 1}\n\n{'label': 'x', 'text': 'b'}\n";
    List<LabelledText> texts = of(lines, USUAL, false);
    assertThat(texts).extracting(LabelledText::texts).containsExactly(List.of("a"), List.of("b"));
    assertThat(texts.get(1).where()).endsWith("a.jsonl, line 3,");
    assertThat(texts.get(1).labels().get(0).textValue()).isEqualTo("x");
    assertThat(of("[" + lines.strip().replace("\n\n", ",") + "]", USUAL, false)).hasSize(2);
    try (OutputStream out =
        new GZIPOutputStream(Files.newOutputStream(folder.resolve("b.jsonl.gz")))) {
      out.write(lines.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
    }
    assertThat(read("b.jsonl.gz", USUAL, false)).hasSize(2);
    assertThat(of("", USUAL, false)).isEmpty();
  }

  @Test
  void haveThePairOfTheUsualNamesOrOfThoseThatAreGiven() throws IOException {
    String row = "{'idx': 3, 'sentence2': 'b', 'sentence1': 'a', 'score': 0.5}";
    LabelledText pair = of(row, USUAL, false).get(0);
    assertThat(pair.texts()).containsExactly("a", "b");
    assertThat(pair.column()).isEqualTo("score");
    LabelledText own = of(row, new LabelledColumns(List.of("sentence2"), "idx"), false).get(0);
    assertThat(own.texts()).containsExactly("b");
    assertThat(own.labels().get(0).intValue()).isEqualTo(3);
  }

  @Test
  void haveALabelForEachWord() throws IOException {
    LabelledText text = of("{'tokens': ['a', 'b'], 'ner_tags': [0, 'B-PER']}", USUAL, true).get(0);
    assertThat(text.texts()).containsExactly("a", "b");
    assertThat(text.labels()).hasSize(2);
    assertThatThrownBy(() -> of("{'tokens': ['a'], 'tags': [0, 1]}", USUAL, true))
        .hasMessageEndingWith(
            "a.jsonl, line 1, has 1 words in \"tokens\" and 2 labels in \"tags\"; give one for"
                + " each");
  }

  @Test
  void areRefusedWithTheirLineAndColumn() {
    LabelledColumns named = new LabelledColumns(List.of("title"), "stars");
    refuses("{'body': 'a', 'label': 1}", USUAL, "line 1, has no text", "'body'");
    refuses("{'text': 'a', 'y': 1}", USUAL, "line 1, has no label", "'y'");
    refuses("{'title': 'a'}", named, "line 1, has no 'stars', but 'title'");
    refuses("{'title': 3, 'stars': 1}", named, "has a number as its 'title'; give a string");
    refuses("\n{'title': 'a', 'stars': null}", named, "line 2, has no 'stars'");
    refuses("{'text': 'a', 'label': 1}\n7", USUAL, "line 2, is a number");
    String array = "[{'text': 'a', 'label': 1}]";
    refuses(array + "\n" + array, USUAL, "a.jsonl goes on after its array; give one array");
    refuses("{'text': ", USUAL, "a.jsonl is not valid JSON");
    assertThatThrownBy(() -> new LabelledColumns(List.of("a", "b", "c"), null))
        .hasMessageContaining("name one, or two for pairs");
  }
}
