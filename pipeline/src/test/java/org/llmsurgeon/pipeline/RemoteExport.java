package org.llmsurgeon.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.llmsurgeon.checkpoint.TinyTokenizers;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.checkpoint.storage.Storage;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.cpu.CpuDevice;
import org.llmsurgeon.export.MaskedFolder;
import org.llmsurgeon.export.gguf.GgufType;
import org.llmsurgeon.export.plan.Route;
import org.llmsurgeon.model.TinyModels;
import org.llmsurgeon.pipeline.analyse.ExportRequest;
import org.llmsurgeon.pipeline.files.HadoopStorage;

/** Exports of one model with zeros on the local disk and somewhere else. */
final class RemoteExport {
  private RemoteExport() {}

  /**
   * Writes a model, exports it in both places in every form, and compares all files.
   *
   * @param pipeline runs the exports
   * @param temp an empty local folder
   * @param storage the other place
   * @param root an empty folder there
   */
  static void writesTheBytesOfOneOnTheLocalDisk(
      SurgeonPipeline pipeline, Path temp, HadoopStorage storage, String root) throws IOException {
    Path masked = masked(temp);
    String there = Storage.child(root, "masked");
    try (Stream<Path> files = Files.list(masked)) {
      for (Path file : files.toList()) {
        try (OutputStream out =
            storage.create(Storage.child(there, file.getFileName().toString()))) {
          Files.copy(file, out);
        }
      }
    }
    for (Route route : List.of(Route.AUTO, Route.PER_LAYER, Route.INDEXED, Route.ZEROS)) {
      Path local = temp.resolve(route.optionName());
      String remote = Storage.child(root, route.optionName());
      export(pipeline, masked.toString(), local.toString(), route);
      export(pipeline, there, remote, route);
      try (Stream<Path> files = Files.list(local)) {
        List<String> names = files.map(file -> file.getFileName().toString()).sorted().toList();
        assertThat(storage.list(remote).stream().sorted().toList()).isEqualTo(names);
        for (String name : names) {
          assertThat(storage.readBytes(Storage.child(remote, name)))
              .as(route + " " + name)
              .isEqualTo(Files.readAllBytes(local.resolve(name)));
        }
      }
      assertThat(storage.readBytes(remote + ".gguf"))
          .isEqualTo(Files.readAllBytes(Path.of(local + ".gguf")));
    }
  }

  private static void export(SurgeonPipeline pipeline, String model, String output, Route route) {
    ExportRequest.Gguf gguf = new ExportRequest.Gguf(output + ".gguf", GgufType.F16);
    assertThat(pipeline.export(new ExportRequest(model, output, route, gguf)).folder().after())
        .isNotNull();
  }

  private static Path masked(Path temp) throws IOException {
    ObjectNode json = TinyModels.llamaJson().put("vocab_size", 300).put("eos_token_id", 269);
    MaskedFolder model = new MaskedFolder(json, 7);
    model.neuron(0, 3).neuron(0, 5).neuron(1, 1).head(1, 0, false).head(1, 1, true);
    Path masked = temp.resolve("masked");
    try (Device device = CpuDevice.create()) {
      model.write(masked.toString(), DataType.BF16, device);
    }
    Files.writeString(masked.resolve("tokenizer.json"), TinyTokenizers.byteLevel().toString());
    return masked;
  }
}
