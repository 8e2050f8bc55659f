package org.llmsurgeon.compute.cuda.operand;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;

/** The kernels of this package as one text of CUDA C++. */
public final class KernelSource {
  private static final List<String> FILES =
      List.of("common.cu", "elements.cu", "triangles.cu", "layers.cu", "attention.cu");

  private static final Pattern KERNEL = Pattern.compile("extern \"C\" __global__ void (\\w+)");

  private KernelSource() {}

  /** All files, one after the other. */
  public static String text() {
    StringBuilder text = new StringBuilder();
    for (String file : FILES) {
      try (InputStream in = KernelSource.class.getResourceAsStream(file)) {
        text.append(new String(in.readAllBytes(), StandardCharsets.UTF_8)).append('\n');
      } catch (IOException e) {
        throw new UncheckedIOException("The kernels " + file + " cannot be read", e);
      }
    }
    return text.toString();
  }

  /** Names of the kernels in a text, in its order. */
  public static List<String> names(String text) {
    return KERNEL.matcher(text).results().map(each -> each.group(1)).toList();
  }
}
