package org.llmsurgeon.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.InputException;

class TextFilesTest {
  @TempDir Path temp;
  private Path root;
  private HadoopStorage storage;

  @BeforeEach
  void makeFiles() throws IOException {
    root = temp.toRealPath();
    for (String name :
        new String[] {
          "text/b.txt",
          "text/a/2.jsonl.gz",
          "text/a/1.parquet",
          "text/c.json",
          "text/_SUCCESS",
          "text/.b.txt.crc",
          "text/_temporary/0.txt",
          "text/readme.md",
          "other/x.md",
          "odd [1].txt"
        }) {
      Path file = root.resolve(name);
      Files.createDirectories(file.getParent());
      Files.writeString(file, "x");
    }
    Configuration configuration = new Configuration(false);
    configuration.set("fs.remote.impl", RemoteFileSystem.class.getName());
    storage = new HadoopStorage(configuration);
  }

  private static List<String> files(String folder) {
    return Stream.of("a/1.parquet", "a/2.jsonl.gz", "b.txt", "c.json")
        .map(name -> folder + "/" + name)
        .toList();
  }

  @Test
  void aFolderMeansTheTextsInItByName() {
    String folder = root.resolve("text").toString();
    assertThat(TextFiles.of(storage, List.of(folder))).isEqualTo(files(folder));
    String remote = RemoteFileSystem.uri(root.resolve("text"));
    assertThat(TextFiles.of(storage, List.of(remote))).isEqualTo(files(remote));
  }

  @Test
  void aPatternMeansWhatItMatches() {
    String folder = root.resolve("text").toString();
    assertThat(TextFiles.of(storage, List.of(folder + "/*.{txt,md}", root + "/te?t/a")))
        .isEqualTo(
            List.of(
                folder + "/b.txt",
                folder + "/readme.md",
                folder + "/a/1.parquet",
                folder + "/a/2.jsonl.gz"));
    String remote = RemoteFileSystem.uri(root.resolve("text"));
    assertThat(TextFiles.of(storage, List.of(remote + "/[bc].*")))
        .isEqualTo(List.of(remote + "/b.txt", remote + "/c.json"));
  }

  @Test
  void filesAreTakenAsTheyAreInTheirOrder() {
    List<String> files =
        Stream.of("text/b.txt", "odd [1].txt", "missing.txt", "text/readme.md")
            .map(name -> root.resolve(name).toString())
            .toList();
    assertThat(TextFiles.of(storage, files)).isEqualTo(files);
  }

  @Test
  void whatGivesNoFileIsRefused() {
    for (String path : List.of(root.resolve("other").toString(), root.resolve("*.gz").toString())) {
      assertThatExceptionOfType(InputException.class)
          .isThrownBy(() -> TextFiles.of(storage, List.of(path)))
          .withMessageContaining(path);
    }
  }
}
