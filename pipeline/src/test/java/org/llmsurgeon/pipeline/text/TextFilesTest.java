package org.llmsurgeon.pipeline.text;

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
import org.llmsurgeon.pipeline.RemoteFileSystem;
import org.llmsurgeon.pipeline.files.HadoopStorage;

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
  void whatDescribesADataSetIsNoText() throws IOException {
    for (String name :
        List.of("dataset_infos.json", "dataset_info.json", "state.json", "README.txt", "LICENSE")) {
      Files.writeString(root.resolve("text").resolve(name), "{}");
    }
    Files.writeString(root.resolve("text/cache-1f.arrow"), "x");
    String folder = root.resolve("text").toString();

    assertThat(TextFiles.of(storage, List.of(folder))).isEqualTo(files(folder));
    String named = root.resolve("text/state.json").toString();
    assertThat(TextFiles.of(storage, List.of(named))).as("by name").containsExactly(named);
  }

  @Test
  void severalSplitsOfADataSetAreRefused() throws IOException {
    for (String name : List.of("dataset_dict.json", "test/a.arrow", "train/a.arrow")) {
      Path file = root.resolve("set").resolve(name);
      Files.createDirectories(file.getParent());
      Files.writeString(file, "x");
    }

    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> TextFiles.of(storage, List.of(root.resolve("set").toString())))
        .withMessageContaining("splits test, train")
        .withMessageContaining("give one of them, as " + root.resolve("set/test"));
    Files.delete(root.resolve("set/test/a.arrow"));
    Files.delete(root.resolve("set/test"));
    assertThat(TextFiles.of(storage, List.of(root.resolve("set").toString())))
        .containsExactly(root.resolve("set/train/a.arrow").toString());
  }

  @Test
  void namesBesideThoseThatMatchDoNotMatter() throws IOException {
    Files.writeString(root.resolve("text/x:y"), "x");
    Files.writeString(root.resolve("text/b: c.txt"), "x");
    Files.writeString(root.resolve("text/{d}.txt"), "x");
    String folder = root.resolve("text").toString();

    assertThat(TextFiles.of(storage, List.of(folder + "/*.txt")))
        .containsExactly(folder + "/b.txt", folder + "/b: c.txt", folder + "/{d}.txt");
    assertThat(TextFiles.of(storage, List.of(root + "/{t,x}e?t/{[a-b],c}.{txt,json}")))
        .containsExactly(folder + "/b.txt", folder + "/c.json");
    assertThat(TextFiles.of(storage, List.of(folder + "/[!a-b]*.json", folder + "/[^b].json")))
        .containsExactly(folder + "/c.json", folder + "/c.json");
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> TextFiles.of(storage, List.of(folder + "/[a")))
        .withMessageContaining("no pattern");
  }

  @Test
  void linksThatLeadInACircleOrNowhereAreNamed() throws IOException {
    Path link = Files.createSymbolicLink(root.resolve("text/a/up"), root.resolve("text"));
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> TextFiles.of(storage, List.of(root.resolve("text").toString())))
        .withMessageStartingWith(link + " is a link to a folder above it");
    Files.delete(link);
    Files.createSymbolicLink(link, link);
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> TextFiles.of(storage, List.of(root.resolve("text").toString())))
        .withMessageStartingWith(link + " is a link that leads to nothing");
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> storage.open(link.toString()))
        .withMessageStartingWith(link + " is a link that leads to nothing");
  }

  @Test
  void twoLinksToOneFolderAreNoCircle() throws IOException {
    Files.createSymbolicLink(root.resolve("other/one"), root.resolve("text/a"));
    Files.createSymbolicLink(root.resolve("other/two"), root.resolve("text/a"));

    assertThat(TextFiles.of(storage, List.of(root.resolve("other").toString()))).hasSize(4);
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
