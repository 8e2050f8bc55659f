package org.llmsurgeon.export.verify;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.llmsurgeon.InputException;

/**
 * The transformers library in a Python of this machine, to which model folders are shown.
 *
 * @param python the interpreter
 */
public record PythonTransformers(String python) {
  /** Environment variable that names the interpreter. */
  public static final String VARIABLE = "SURGEON_PYTHON";

  private static final int PROBE_SECONDS = 60;

  /**
   * Two folders, and whether their own Python code may run.
   *
   * @param a a folder of this machine
   * @param b another
   * @param trusted whether Python files of the folders may run
   */
  public record Pair(String a, String b, boolean trusted) {}

  /**
   * The Python that {@value #VARIABLE} names, else {@code python3}, where it has the library.
   *
   * @throws InputException where the variable names one that has not
   */
  public static Optional<PythonTransformers> find() {
    String named = System.getenv(VARIABLE);
    Optional<PythonTransformers> found =
        Optional.of(new PythonTransformers(named == null ? "python3" : named))
            .filter(PythonTransformers::works);
    if (named != null && found.isEmpty()) {
      throw new InputException(
          VARIABLE
              + " is "
              + named
              + ", which is no Python with torch and transformers; install them, or unset it.");
    }
    return found;
  }

  private boolean works() {
    try {
      Process process =
          new ProcessBuilder(python, "-c", "import torch, transformers")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      process.getOutputStream().close();
      boolean ended = process.waitFor(PROBE_SECONDS, TimeUnit.SECONDS);
      process.destroyForcibly();
      return ended && process.exitValue() == 0;
    } catch (IOException missing) {
      return false;
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /**
   * Compares pairs of models in F32 on the same windows.
   *
   * @param pairs the folders
   * @param windows token ids
   * @return what came out for each pair
   * @throws InputException with the last line that Python said, where a model does not load
   */
  public List<Agreement> compare(List<Pair> pairs, int[][] windows) {
    ObjectMapper json = new ObjectMapper();
    ObjectNode request = json.createObjectNode();
    ArrayNode list = request.putArray("pairs");
    pairs.forEach(
        each ->
            list.addObject().put("a", each.a()).put("b", each.b()).put("trust", each.trusted()));
    request.set("windows", json.valueToTree(windows));
    try {
      String[] lines = run(json.writeValueAsBytes(request)).split("\n");
      List<Agreement> results = new ArrayList<>();
      for (String line : lines) {
        JsonNode each = json.readTree(line);
        results.add(
            new Agreement(
                each.path("max_abs").asDouble(Double.NaN),
                each.path("kl").asDouble(),
                perplexity(each.path("loss_a")),
                perplexity(each.path("loss_b"))));
      }
      return results;
    } catch (IOException failed) {
      throw new UncheckedIOException(python + " could not be run", failed);
    }
  }

  private static Double perplexity(JsonNode loss) {
    return loss.isNumber() ? (Double) Math.exp(loss.doubleValue()) : null;
  }

  private String run(byte[] request) throws IOException {
    Path errors = Files.createTempFile("surgeon-python", ".txt");
    Path script = Files.createTempFile("surgeon-compare", ".py");
    try {
      try (InputStream in = PythonTransformers.class.getResourceAsStream("compare_logits.py")) {
        Files.write(script, in.readAllBytes());
      }
      Process process =
          new ProcessBuilder(python, script.toString()).redirectError(errors.toFile()).start();
      try (OutputStream out = process.getOutputStream()) {
        out.write(request);
      }
      String answer = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (process.waitFor() != 0) {
        List<String> said = Files.readAllLines(errors);
        throw new InputException(
            "transformers does not load it: "
                + (said.isEmpty() ? "Python ended" : said.get(said.size() - 1)));
      }
      return answer.strip();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", interrupted);
    } finally {
      Files.deleteIfExists(errors);
      Files.deleteIfExists(script);
    }
  }
}
