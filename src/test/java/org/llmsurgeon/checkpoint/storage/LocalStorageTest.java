package org.llmsurgeon.checkpoint.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.llmsurgeon.InputException;

class LocalStorageTest {
  @TempDir Path folder;
  private final Storage storage = new LocalStorage();

  private String at(String name) {
    return Storage.child(folder.toString(), name);
  }

  private void write(String path, String text) throws IOException {
    try (OutputStream out = storage.create(path)) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    }
  }

  @Test
  void whatIsWrittenIsReadBack() throws IOException {
    write(at("a/b/c.txt"), "hello");
    assertThat(storage.exists(at("a/b/c.txt"))).isTrue();
    assertThat(storage.length(at("a/b/c.txt"))).isEqualTo(5);
    assertThat(new String(storage.readBytes(at("a/b/c.txt")), StandardCharsets.UTF_8))
        .isEqualTo("hello");
  }

  @Test
  void creatingTwiceFailsAndLeavesTheFirst() throws IOException {
    write(at("commit"), "first");
    assertThatExceptionOfType(UncheckedIOException.class)
        .isThrownBy(() -> storage.create(at("commit")))
        .withCauseInstanceOf(FileAlreadyExistsException.class)
        .withMessageContaining("commit");
    assertThat(storage.readBytes(at("commit"))).isEqualTo("first".getBytes());
  }

  @ParameterizedTest
  @ValueSource(strings = {"file:%s", "file://%s", "file:///%s"})
  void fileUrisMeanThePath(String form) throws IOException {
    write(at("x y%z"), "1");
    String uri = form.formatted(folder) + "/x%20y%z";
    assertThat(storage.length(uri)).isEqualTo(1);
    assertThat(storage.length(form.formatted(folder) + "/x y%z")).isEqualTo(1);
  }

  @Test
  void listHasTheFilesOnlySorted() throws IOException {
    write(at("b"), "");
    write(at("a"), "");
    write(at("sub/c"), "");
    assertThat(storage.list(folder.toString())).containsExactly("a", "b");
  }

  @Test
  void missingAndWrongPathsAreNamed() throws IOException {
    write(at("file"), "");
    refuses(() -> storage.open(at("none")), at("none"));
    refuses(() -> storage.length(at("none")), at("none"));
    refuses(() -> storage.list(at("none")), at("none"));
    refuses(() -> storage.open(folder.toString()), "is a folder");
    refuses(() -> storage.list(at("file")), "is a file");
    refuses(() -> storage.create(at("file/below")), at("file/below"));
    refuses(() -> storage.exists("hdfs://host/model"), "hdfs://host/model");
    refuses(() -> storage.exists("s3a:/bucket/model"), "s3a:/bucket/model");
    refuses(() -> storage.exists(""), "empty");
    refuses(() -> storage.exists("a\0b"), "not a path");
  }

  private static void refuses(Runnable step, String part) {
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(step::run)
        .withMessageContaining(part);
  }

  @Test
  void deletingAFolderDoesNotFollowLinks() throws IOException {
    write(at("kept/file"), "1");
    write(at("gone/inner/file"), "1");
    Files.createSymbolicLink(folder.resolve("gone/link"), folder.resolve("kept"));
    storage.delete(at("gone"), true);
    assertThat(storage.exists(at("gone"))).isFalse();
    assertThat(storage.exists(at("kept/file"))).isTrue();
    storage.delete(at("gone"), true);
  }

  @Test
  void aFullFolderIsNotDeletedUnlessAsked() throws IOException {
    write(at("full/file"), "1");
    assertThatExceptionOfType(UncheckedIOException.class)
        .isThrownBy(() -> storage.delete(at("full"), false))
        .withMessageContaining("full");
    storage.delete(at("full/file"), false);
    storage.delete(at("full"), false);
    assertThat(storage.exists(at("full"))).isFalse();
  }

  @Test
  void readingPastTheEndFails() throws IOException {
    write(at("five"), "12345");
    try (ByteSource source = storage.open(at("five"))) {
      ByteBuffer target = ByteBuffer.allocate(3);
      source.read(2, target);
      assertThat(target.array()).isEqualTo("345".getBytes());
      assertThatExceptionOfType(EOFException.class)
          .isThrownBy(() -> source.read(3, ByteBuffer.allocate(3)))
          .withMessageContaining("five");
    }
  }

  @Test
  void mappedBytesAreReadOnlyLittleEndianAndOutliveTheFile() throws IOException {
    write(at("six"), "x\1\2\3\4y");
    MappedBytes mapped;
    try (ByteSource source = storage.open(at("six"))) {
      mapped = source.map(1, 4).orElseThrow();
      assertThat(source.map(3, 4)).as("beyond the end").isEmpty();
    }
    ByteBuffer view = mapped.view();
    assertThat(view.isReadOnly()).isTrue();
    assertThat(view.order()).isEqualTo(ByteOrder.LITTLE_ENDIAN);
    assertThat(view.remaining()).isEqualTo(4);
    assertThat(view.getInt(0)).isEqualTo(0x04030201);
    mapped.close();
    assertThatIllegalStateException().isThrownBy(mapped::view).withMessageContaining("closed");
    mapped.close();
  }

  @Test
  void childAddsOneSlash() {
    assertThat(Storage.child("a", "b")).isEqualTo("a/b");
    assertThat(Storage.child("a/", "b")).isEqualTo("a/b");
  }
}
