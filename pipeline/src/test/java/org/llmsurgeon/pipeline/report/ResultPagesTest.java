package org.llmsurgeon.pipeline.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.llmsurgeon.InputException;
import org.llmsurgeon.pipeline.files.HadoopStorage;

/** Pages are made of whole results only. */
class ResultPagesTest {
  @TempDir private Path temp;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "garbage",
        "{",
        "null",
        "[]",
        "{}",
        "{\"shots\": []}",
        "{\"shots\": [null]}",
        "{\"shots\": [{\"sparsity\": \"x\"}]}",
        "[null]",
        "[{}]",
        "[{\"method\": 1}]"
      })
  void whatNoRunWroteIsNamedAndNoPageMade(String content) throws IOException {
    for (String name : new String[] {PruningReport.FILE, ResultPages.COMPARISON}) {
      Path file = Files.writeString(temp.resolve(name), content);
      ResultPages pages =
          new ResultPages(new HadoopStorage(new Configuration(false)), temp.toString());
      assertThatThrownBy(pages::write)
          .isInstanceOf(InputException.class)
          .hasMessage(
              file + " is not as a run wrote it (cut short, or changed since); restore it.");
      Files.delete(file);
      assertThat(temp).isEmptyDirectory();
    }
  }
}
