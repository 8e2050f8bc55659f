package org.llmsurgeon.pipeline.output;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.llmsurgeon.checkpoint.folder.ModelFolder;
import org.llmsurgeon.checkpoint.storage.Storage;
import org.llmsurgeon.checkpoint.token.TextTokenizer;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.export.survey.FolderWeights;
import org.llmsurgeon.generation.EndTokens;
import org.llmsurgeon.generation.Generator;
import org.llmsurgeon.generation.Sampling;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.architecture.Architectures;
import org.llmsurgeon.pipeline.cluster.ExecutorDevice;
import org.llmsurgeon.pipeline.files.HadoopStorage;
import org.llmsurgeon.pipeline.report.ExportReport;

/** A few words that models write after the beginning of a text, for people to look at. */
public final class SampleTexts {
  private static final int PROMPT = 12;
  private static final int TOKENS = 24;

  private final HadoopStorage storage;

  /**
   * Lets models write.
   *
   * @param storage where their folders are
   */
  public SampleTexts(HadoopStorage storage) {
    this.storage = storage;
  }

  /**
   * What two models write after the beginnings of windows.
   *
   * @param before a model folder
   * @param after another
   * @param windows token ids; the first two are used
   * @return empty where there is no tokenizer, or where they do not say next tokens
   */
  List<ExportReport.Sample> of(String before, String after, int[][] windows) {
    if (!storage.exists(Storage.child(before, "tokenizer.json")) || !saysNextTokens(before)) {
      return List.of();
    }
    List<String> prompts;
    try (TextTokenizer tokenizer = TextTokenizer.open(storage, before)) {
      prompts =
          Arrays.stream(windows)
              .limit(2)
              .map(each -> Arrays.copyOf(each, Math.min(PROMPT, Math.max(1, each.length / 2))))
              .map(tokenizer::decode)
              .filter(text -> !text.isBlank())
              .toList();
    }
    List<String> first = continuations(before, prompts);
    List<String> second = continuations(after, prompts);
    return IntStream.range(0, prompts.size())
        .mapToObj(i -> new ExportReport.Sample(prompts.get(i), first.get(i), second.get(i)))
        .toList();
  }

  /**
   * What a model writes after a text.
   *
   * @param path the model folder
   * @param prompt the text
   * @param tokens at most
   * @param sampling how they are chosen
   * @param listener told each piece of text
   */
  public String generate(
      String path, String prompt, int tokens, Sampling sampling, Consumer<String> listener) {
    Architectures.parse(config(path), Storage.child(path, "config.json"))
        .requireNextToken("the text that is generated");
    try (TextTokenizer tokenizer = TextTokenizer.open(storage, path);
        LanguageModel model = FolderWeights.model(storage, path, ExecutorDevice.shared())) {
      return new Generator(model, tokenizer, EndTokens.of(config(path)))
          .continuation(prompt, tokens, sampling, listener);
    }
  }

  private List<String> continuations(String path, List<String> prompts) {
    Device device = ExecutorDevice.shared();
    try (TextTokenizer tokenizer = TextTokenizer.open(storage, path);
        LanguageModel model = FolderWeights.model(storage, path, device)) {
      Generator generator = new Generator(model, tokenizer, EndTokens.of(config(path)));
      return prompts.stream()
          .map(each -> generator.continuation(each, TOKENS, Sampling.GREEDY, piece -> {}))
          .toList();
    }
  }

  private boolean saysNextTokens(String path) {
    return Architectures.parse(config(path), path).attention().causal();
  }

  private JsonNode config(String path) {
    try (ModelFolder folder = ModelFolder.open(storage, path)) {
      return folder.config();
    } catch (IOException failed) {
      throw new UncheckedIOException(path + " could not be closed", failed);
    }
  }
}
