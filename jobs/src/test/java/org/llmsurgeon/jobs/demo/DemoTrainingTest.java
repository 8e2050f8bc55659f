package org.llmsurgeon.jobs.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.checkpoint.storage.LocalStorage;
import org.llmsurgeon.checkpoint.token.TextTokenizer;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.cpu.CpuDevice;
import org.llmsurgeon.export.survey.FolderWeights;
import org.llmsurgeon.generation.Generator;
import org.llmsurgeon.generation.Sampling;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.surgery.correct.TrainerStep;

/** A seed says every byte of what training makes; what it makes loads, tells stories, improves. */
class DemoTrainingTest {
  private static final int STEPS = 8;

  @TempDir private Path folder;

  @Test
  void theSameSeedMakesTheSameFiles() throws IOException {
    train("first", 3, new ArrayList<>());
    train("second", 3, new ArrayList<>());
    train("other", 4, new ArrayList<>());
    for (String name : DemoFiles.MADE) {
      byte[] bytes = bytes("first", name);
      assertThat(bytes("second", name)).as(name).isEqualTo(bytes);
      assertThat(bytes("other", name)).as(name).isNotEqualTo(bytes);
    }
  }

  @Test
  void trainingImprovesTheModelAndTheFolderHoldsIt() {
    List<TrainerStep> steps = new ArrayList<>();
    DemoTraining.Result result = train("trained", 3, steps);
    assertThat(steps).hasSize(STEPS);
    assertThat(result.training().length).isGreaterThanOrEqualTo(STEPS * DemoTraining.BATCH);
    assertThat(result.perplexity()).isLessThan(0.8 * Math.exp(steps.get(0).loss()));
    assertThat(result.ngramPerplexity(3)).isLessThan(result.ngramPerplexity(1));
    String model = folder.resolve("trained").resolve(DemoFiles.MODEL).toString();
    try (Device device = CpuDevice.create();
        LanguageModel network = FolderWeights.model(new LocalStorage(), model, device);
        TextTokenizer tokenizer = TextTokenizer.open(new LocalStorage(), model)) {
      Generator teller = new Generator(network, tokenizer, Set.of(0));
      String told = told(teller, 5);
      assertThat(told(teller, 5)).isEqualTo(told);
      assertThat(told).startsWith(told(teller, 3));
    }
  }

  private static String told(Generator teller, int tokens) {
    return teller.continuation("It was a", tokens, Sampling.GREEDY, piece -> {});
  }

  private DemoTraining.Result train(String name, long seed, List<TrainerStep> steps) {
    try (Device device = CpuDevice.create()) {
      DemoTraining training = new DemoTraining(folder.resolve(name), seed, STEPS);
      training.prepare();
      return training.train(device, steps::add);
    }
  }

  private byte[] bytes(String run, String name) throws IOException {
    return Files.readAllBytes(folder.resolve(run).resolve(name));
  }
}
