package org.llmsurgeon.export.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.folder.ModelFolder;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.checkpoint.storage.LocalStorage;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.cpu.CpuDevice;
import org.llmsurgeon.export.ExportCase;
import org.llmsurgeon.export.ExportedModelTest;
import org.llmsurgeon.export.plan.Route;

/** A folder that somebody changed is refused, and the sentence says what is wrong. */
class VerifierTest {
  @TempDir Path folder;
  private Device device;
  private String masked;
  private Path smaller;

  @BeforeEach
  void export() throws IOException {
    device = CpuDevice.create();
    ExportCase lines =
        ExportCase.all().stream()
            .filter(each -> each.toString().equals("Llama, lines, indexed"))
            .findFirst()
            .orElseThrow();
    masked = lines.write(folder.resolve("masked"), DataType.F32, device);
    smaller = folder.resolve("smaller");
    ExportedModelTest.export(masked, smaller.toString(), Route.INDEXED, device);
  }

  @AfterEach
  void close() {
    device.close();
  }

  private Verification verify() {
    return new Verifier(new LocalStorage(), device).verify(masked, smaller.toString(), null, null);
  }

  @Test
  void whatWasExportedIsRight() {
    Verification result = verify();
    assertThat(result.agreement().maxLogitDifference()).isLessThan(ExportedModelTest.LOGITS);
    assertThat(result.agreement().divergence()).isBetween(-1e-9, 1e-9);
    assertThat(result.agreement().perplexityB())
        .isCloseTo(result.agreement().perplexityA(), org.assertj.core.data.Offset.offset(1e-4));
  }

  @Test
  void oneWeightIsFound() throws IOException {
    tamper("model.layers.1.mlp.up_proj.weight", 0.5f);
    assertThatThrownBy(this::verify)
        .isInstanceOf(InputException.class)
        .hasMessageContaining("logits differ by up to");
  }

  @Test
  void aWeightThatMovesNoLogitIsFound() throws IOException {
    String tensor = "model.layers.1.mlp.up_proj.weight";
    ByteBuffer file =
        ByteBuffer.wrap(Files.readAllBytes(shard(tensor).toPath())).order(ByteOrder.LITTLE_ENDIAN);
    tamper(tensor, Math.nextUp(file.getFloat((int) place(tensor))));
    assertThatThrownBy(this::verify)
        .isInstanceOf(InputException.class)
        .hasMessageContaining(tensor + " differs in row");
  }

  @Test
  void oneIndexIsFound() throws IOException {
    long at = place("model.layers.0.mlp.up_proj.column_index");
    try (RandomAccessFile file = new RandomAccessFile(shard("model.layers.0.mlp.up_proj"), "rw")) {
      file.seek(at);
      file.write(4);
    }
    assertThatThrownBy(this::verify)
        .isInstanceOf(InputException.class)
        .hasMessageContaining("column_index")
        .hasMessageContaining("must ascend");
  }

  @Test
  void oneWidthIsFound() throws IOException {
    Path config = smaller.resolve("config.json");
    String text = Files.readString(config);
    String wrong = text.replaceFirst("\"intermediate_size\" : 4,", "\"intermediate_size\" : 3,");
    assertThat(wrong).isNotEqualTo(text);
    Files.writeString(config, wrong);
    assertThatThrownBy(this::verify)
        .isInstanceOf(InputException.class)
        .hasMessageContaining("config.json calls for");
  }

  private void tamper(String tensor, float value) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(shard(tensor), "rw")) {
      file.seek(place(tensor));
      byte[] bytes = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putFloat(value).array();
      file.write(bytes);
    }
  }

  private java.io.File shard(String tensor) {
    int part = tensor.contains("layers.0") ? 1 : 2;
    return smaller.resolve("model-0000" + part + "-of-00002.safetensors").toFile();
  }

  /** First byte of a tensor in its file. */
  private long place(String tensor) throws IOException {
    byte[] file = Files.readAllBytes(shard(tensor).toPath());
    long header = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong();
    assertThat(new String(file, 8, (int) header, StandardCharsets.UTF_8)).contains(tensor);
    try (ModelFolder open = ModelFolder.open(new LocalStorage(), smaller.toString())) {
      return 8 + header + open.entry(tensor).begin();
    }
  }
}
