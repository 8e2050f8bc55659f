package org.llmsurgeon.pipeline.factors;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.pipeline.TestJava;

class ReductionMemoryTest {
  private static final int MEBI = 1 << 20;

  @TempDir Path temp;

  @Test
  void theFactorsOf32LayersOfWidth2048AreReducedInHalfAGibibyteOfHeap() throws Exception {
    List<String> command = TestJava.commandWithModules();
    command.add("-Xmx512m");
    // What is outside the heap: no matrix of a factor, which has 16 MiB, fits.
    command.add("-Dorg.bytedeco.javacpp.maxbytes=8m");
    command.add("-XX:MaxDirectMemorySize=16m");
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    Path out = temp.resolve("out");
    command.addAll(
        List.of(BoundedReduction.class.getName(), temp.resolve("run").toString(), out.toString()));
    Path log = temp.resolve("log");
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    assertThat(process.waitFor(180, TimeUnit.SECONDS)).isTrue();

    assertThat(process.exitValue()).as(Files.readString(log)).isZero();
    String[] words = Files.readString(out).strip().split(" ");
    int factors = 2 * BoundedReduction.LAYERS;
    assertThat(words).hasSize(3).startsWith(String.valueOf(factors), String.valueOf(factors));
    if (!words[2].equals("null")) {
      long matrices = (long) factors * Float.BYTES * BoundedReduction.SIZE * BoundedReduction.SIZE;
      assertThat(Long.parseLong(words[2])).isLessThan(matrices).isLessThan(800L * MEBI);
    }
  }
}
