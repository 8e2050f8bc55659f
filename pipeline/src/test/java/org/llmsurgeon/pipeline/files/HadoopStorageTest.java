package org.llmsurgeon.pipeline.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.storage.ByteSource;
import org.llmsurgeon.pipeline.RemoteFileSystem;

class HadoopStorageTest {
  private final HadoopStorage storage = new HadoopStorage(RemoteFileSystem.configuration());
  @TempDir Path temp;

  private String path(String scheme, String name) throws IOException {
    Path path = temp.toRealPath().resolve(name);
    return switch (scheme) {
      case "plain" -> path.toString();
      case "file" -> "file://" + path;
      default -> RemoteFileSystem.uri(path);
    };
  }

  private void write(String path, String text) throws IOException {
    try (OutputStream out = storage.create(path)) {
      out.write(text.getBytes());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"plain", "file", "remote"})
  void whatIsWrittenIsReadFromAnyPosition(String scheme) throws IOException {
    String file = path(scheme, "a/b/c.bin");
    write(file, "0123456789");

    assertThat(storage.exists(file)).isTrue();
    assertThat(storage.length(file)).isEqualTo(10);
    try (ByteSource source = storage.open(file)) {
      ByteBuffer heap = ByteBuffer.allocate(4).position(1);
      ByteBuffer direct = ByteBuffer.allocateDirect(3);
      source.read(6, heap);
      source.read(2, direct);
      assertThat(new String(heap.array(), 1, 3)).isEqualTo("678");
      assertThat(direct.flip()).isEqualTo(ByteBuffer.wrap("234".getBytes()));
      assertThatThrownBy(() -> source.read(8, ByteBuffer.allocate(3)))
          .isInstanceOf(EOFException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"plain", "file", "remote"})
  void creatingWhatIsThereFailsAndLeavesIt(String scheme) throws IOException {
    String file = path(scheme, "commit.json");
    write(file, "first");

    assertThatThrownBy(() -> write(file, "second"))
        .isInstanceOf(UncheckedIOException.class)
        .hasCauseInstanceOf(FileAlreadyExistsException.class);
    assertThat(storage.readBytes(file)).isEqualTo("first".getBytes());
  }

  @ParameterizedTest
  @ValueSource(strings = {"plain", "file", "remote"})
  void foldersListTheirFilesAndTheirEntries(String scheme) throws IOException {
    write(path(scheme, "folder/b"), "");
    write(path(scheme, "folder/a"), "");
    write(path(scheme, "folder/sub/c"), "");

    assertThat(storage.list(path(scheme, "folder"))).containsExactly("a", "b");
    assertThat(storage.entries(path(scheme, "folder"))).containsExactly("a", "b", "sub");
    assertThat(storage.entries(path(scheme, "nowhere"))).isEmpty();
    storage.delete(path(scheme, "folder"), true);
    assertThat(storage.exists(path(scheme, "folder/sub/c"))).isFalse();
    storage.delete(path(scheme, "folder"), true);
  }

  @ParameterizedTest
  @ValueSource(strings = {"plain", "file", "remote"})
  void aFileIsRenamedToAFreeNameOnly(String scheme) throws IOException {
    String from = path(scheme, "from");
    write(from, "content");
    write(path(scheme, "taken"), "other");

    assertThatThrownBy(() -> storage.rename(from, path(scheme, "taken")))
        .isInstanceOf(IllegalArgumentException.class);
    storage.rename(from, path(scheme, "new/to"));

    assertThat(storage.exists(from)).isFalse();
    assertThat(storage.readBytes(path(scheme, "new/to"))).isEqualTo("content".getBytes());
  }

  @ParameterizedTest
  @ValueSource(strings = {"plain", "file", "remote"})
  void aFileIsReplacedByAnotherAlsoWhereOneWasLeftHalf(String scheme) throws IOException {
    String file = path(scheme, "tables/table.csv");
    storage.replace(file, "first".getBytes());
    write(file + ".partial", "hal");
    storage.replace(file, "second".getBytes());

    assertThat(storage.readBytes(file)).isEqualTo("second".getBytes());
    assertThat(storage.entries(path(scheme, "tables"))).containsExactly("table.csv");
  }

  @ParameterizedTest
  @ValueSource(strings = {"plain", "file", "remote"})
  void whatIsMissingOrOfTheWrongKindIsNamed(String scheme) throws IOException {
    String missing = path(scheme, "missing");
    String folder = path(scheme, "");

    assertThatThrownBy(() -> storage.open(missing))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(missing);
    assertThatThrownBy(() -> storage.length(missing)).isInstanceOf(InputException.class);
    assertThatThrownBy(() -> storage.list(missing)).isInstanceOf(InputException.class);
    assertThatThrownBy(() -> storage.open(folder)).isInstanceOf(InputException.class);
  }

  @Test
  void aFileSystemThatDoesNotAnswerIsNamed() {
    assertThatThrownBy(() -> storage.exists("unheard-of://host/file"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("unheard-of://host/file cannot be reached");
  }

  @Test
  void onePlaceHasOneAbsolutePath() throws IOException {
    Path real = Files.createDirectory(temp.toRealPath().resolve("real folder"));
    Path link = Files.createSymbolicLink(temp.toRealPath().resolve("link"), real);
    String expected = real.resolve("x").toString();

    assertThat(storage.absolute(link + "/./y/../x/")).isEqualTo(expected);
    assertThat(storage.absolute("file://" + real + "/x")).isEqualTo(expected);
    assertThat(storage.absolute(real.toUri().resolve("x").toString())).isEqualTo(expected);
    assertThat(storage.absolute("x")).isEqualTo(Path.of("x").toAbsolutePath().toString());
    assertThat(storage.absolute("remote://host/a/b/")).isEqualTo("remote://host/a/b");
  }
}
