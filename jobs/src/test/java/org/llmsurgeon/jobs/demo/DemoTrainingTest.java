package org.llmsurgeon.jobs.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.cpu.CpuDevice;
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
    try (Device device = CpuDevice.create();
        Storyteller teller =
            new Storyteller(folder.resolve("trained").resolve(DemoFiles.MODEL), device)) {
      String told = teller.continuation("It was a", 5);
      assertThat(teller.continuation("It was a", 5)).isEqualTo(told);
      assertThat(told).startsWith(teller.continuation("It was a", 3));
    }
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
