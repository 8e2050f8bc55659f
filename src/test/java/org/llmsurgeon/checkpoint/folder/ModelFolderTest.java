package org.llmsurgeon.checkpoint.folder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.TinyFolder;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.checkpoint.storage.LocalStorage;
import org.llmsurgeon.checkpoint.storage.Sha256;
import org.llmsurgeon.checkpoint.storage.Storage;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.reference.ReferenceDevice;

class ModelFolderTest {
  private static final String FIRST = "model-00001-of-00002.safetensors";
  private static final String SECOND = "model-00002-of-00002.safetensors";
  private static final String INDEX = "model.safetensors.index.json";

  @TempDir Path folder;
  private final Storage storage = new LocalStorage();
  private final Device device = new ReferenceDevice();

  private TinyFolder tiny() {
    return new TinyFolder(storage, folder.resolve("model").toString(), device);
  }

  private Path file(String name) {
    return folder.resolve("model").resolve(name);
  }

  private void refuses(String... parts) {
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> ModelFolder.open(storage, tiny().path()).close())
        .satisfies(each -> assertThat(each.getMessage()).contains(parts).doesNotContain("\n"));
  }

  @Test
  void shardsAreOneModel() throws IOException {
    tiny().sharded();
    try (ModelFolder model = ModelFolder.open(storage, tiny().path())) {
      assertThat(model.names()).containsExactly("z.weight", "a.weight", "m.weight", "steps");
      assertThat(model.config().path("model_type").asText()).isEqualTo("llama");
      assertThat(model.dtype()).as("the widest of equals").isEqualTo(DataType.F32);
      assertThat(model.contains("m.weight")).isTrue();
      assertThat(model.contains("none")).isFalse();
      assertThat(model.shape("m.weight")).containsExactly(3, 5);
      try (Tensor tensor = model.load("m.weight", device)) {
        assertThat(tensor.size()).isEqualTo(15);
      }
      assertThatExceptionOfType(InputException.class)
          .isThrownBy(() -> model.load("none", device))
          .withMessageContaining(tiny().path())
          .withMessageContaining("none");
    }
  }

  @Test
  void theDtypeIsThatOfMostBytes() throws IOException {
    tiny()
        .text("config.json", "{}")
        .weights(
            "model.safetensors",
            Map.of("a", DataType.F32, "b", DataType.BF16, "c", DataType.BF16, "d", DataType.BF16));
    try (ModelFolder model = ModelFolder.open(storage, tiny().path())) {
      assertThat(model.dtype()).isEqualTo(DataType.BF16);
    }
  }

  @Test
  void aSingleFileWinsOverAnIndex() throws IOException {
    tiny().sharded().weights("model.safetensors", Map.of("only", DataType.F32));
    try (ModelFolder model = ModelFolder.open(storage, tiny().path())) {
      assertThat(model.names()).containsExactly("only");
    }
  }

  @Test
  void missingPartsAreNamedWithARemedy() throws IOException {
    refuses(tiny().path(), "does not exist");
    tiny().text("notes.txt", "");
    refuses(tiny().path(), "no config.json");
    tiny().text("config.json", "{}");
    refuses(tiny().path(), "no model.safetensors");
    tiny().text("pytorch_model.bin", "");
    refuses("pytorch_model.bin", "safe_serialization=True");
    tiny().weights("model.fp16.safetensors", Map.of("a", DataType.F16));
    refuses("model.fp16.safetensors, not as model.safetensors", "rename that file");
    tiny().weights("model-2.safetensors", Map.of("b", DataType.F16));
    refuses("2 files, the first model-2.safetensors", "no model.safetensors.index.json", "import");
  }

  /** Of whole weights with another name, and of shards without an index. */
  @Test
  void whatARemedySaysIsEnough() throws IOException {
    tiny().text("config.json", "{}").weights("model.fp16.safetensors", Map.of("a", DataType.F16));
    Files.move(file("model.fp16.safetensors"), file("model.safetensors"));
    try (ModelFolder model = ModelFolder.open(storage, tiny().path())) {
      assertThat(model.names()).containsExactly("a");
    }
    Files.move(file("model.safetensors"), file("one.safetensors"));
    tiny().weights("two.safetensors", Map.of("b", DataType.F32));
    // Byte for byte what the line of Python in the message leaves.
    String index = "{\"metadata\": {}, \"weight_map\": {\"a\": \"one.safetensors\", \"b\": ";
    tiny().text("model.safetensors.index.json", index + "\"two.safetensors\"}}");
    try (ModelFolder model = ModelFolder.open(storage, tiny().path())) {
      assertThat(model.names()).containsExactlyInAnyOrder("a", "b");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'weight_map': {}}|no weight_map",
        "{}|no weight_map",
        "[]|JSON object",
        "{'weight_map': {'a.weight': 3}}|tensor a.weight",
        "{'weight_map': {'a.weight': '../x.safetensors'}}|tensor a.weight",
        "{'weight_map': {'a.weight': 'lost.safetensors'}}|lost.safetensors, which is missing",
        "{'weight_map': {'m.weight': 'FIRST'}}|tensor m.weight in FIRST, where it is not",
        "{'weight_map': {'m.weight': 'SECOND', 'm.weight': 'SECOND'}}|Duplicate",
        "{'weight_map': {'m.weight': 'SECOND'}} x|not valid JSON",
      },
      quoteCharacter = '"')
  void brokenIndexesAreNamed(String json, String message) throws IOException {
    tiny().sharded();
    String text = json.replace('\'', '"').replace("FIRST", FIRST).replace("SECOND", SECOND);
    Files.writeString(file(INDEX), text);
    refuses(INDEX, message.replace("FIRST", FIRST).replace("SECOND", SECOND));
  }

  @Test
  void aTensorInTwoShardsIsNamed() throws IOException {
    tiny().sharded();
    Files.delete(file(SECOND));
    tiny().weights(SECOND, Map.of("m.weight", DataType.F32, "a.weight", DataType.BF16));
    refuses("tensor a.weight is in both", FIRST, SECOND);
  }

  @Test
  void pointersOfGitLfsAreRecognised() throws IOException {
    tiny().sharded();
    String pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n";
    Files.writeString(file(SECOND), pointer);
    refuses(SECOND, "git lfs pull");
    Files.writeString(file("config.json"), pointer);
    refuses("config.json", "git lfs pull");
  }

  @Test
  void aBrokenConfigIsNamed() throws IOException {
    tiny().sharded();
    Files.writeString(file("config.json"), "{\"a\": 1,\n \"a\": 2}");
    refuses("config.json", "Duplicate", "line 2");
    Files.write(file("config.json"), new byte[] {'{', (byte) 0xff, '}'});
    refuses("config.json", "UTF-8", "byte 1");
  }

  @Test
  void aWeightThatIsNotFiniteIsNamed() throws IOException {
    tiny().sharded();
    byte[] bytes = Files.readAllBytes(file(SECOND));
    long header = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
    int at = (int) (8 + header) + 4 * 7;
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putFloat(at, Float.NaN);
    Files.write(file(SECOND), bytes);
    try (ModelFolder model = ModelFolder.open(storage, tiny().path())) {
      assertThatExceptionOfType(InputException.class)
          .isThrownBy(() -> model.load("m.weight", device))
          .withMessageContaining(SECOND)
          .withMessageContaining("m.weight")
          .withMessageContaining("[1, 2]");
    }
  }

  @Test
  void theFingerprintSeesWhatTheModelIsAndNothingElse() throws IOException {
    tiny().sharded();
    String before = fingerprint();
    assertThat(before).hasSize(64);
    Files.writeString(file("README.md"), "other");
    assertThat(fingerprint()).isEqualTo(before);
    for (String name : new String[] {SECOND, "config.json", "tokenizer.json", INDEX}) {
      byte[] bytes = Files.readAllBytes(file(name));
      byte[] other = bytes.clone();
      if (name.equals(SECOND)) {
        other[other.length - 1] ^= 1;
      } else {
        other = (new String(bytes) + " ").getBytes();
      }
      Files.write(file(name), other);
      assertThat(fingerprint()).as(name).isNotEqualTo(before);
      Files.write(file(name), bytes);
    }
    assertThat(fingerprint()).isEqualTo(before);
  }

  @Test
  void checksumsAreSha256() throws IOException {
    tiny().sharded();
    try (ModelFolder model = ModelFolder.open(storage, tiny().path())) {
      assertThat(model.identity())
          .containsOnlyKeys(FIRST, SECOND, INDEX, "config.json", "tokenizer.json")
          .containsEntry(FIRST, file(FIRST).toString());
    }
    assertThat(Sha256.of("abc"))
        .isEqualTo("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    Files.writeString(file("abc"), "abc");
    assertThat(Sha256.of(storage, file("abc").toString())).isEqualTo(Sha256.of("abc"));
  }

  private String fingerprint() throws IOException {
    try (ModelFolder model = ModelFolder.open(storage, tiny().path())) {
      SortedMap<String, String> sums = new TreeMap<>();
      model.identity().forEach((name, path) -> sums.put(name, Sha256.of(storage, path)));
      return ModelFolder.fingerprint(sums);
    }
  }
}
