package org.llmsurgeon.pipeline.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.pipeline.files.HadoopStorage;

class ShotStageTest {
  private static final List<String> FILES =
      List.of(
          FactorsManifest.path(1),
          FactorsManifest.path(1, 0),
          ShotStage.SCORE.record(1),
          ShotStage.CUT.record(1),
          Evaluation.after(ShotStage.CUT, 1),
          ShotStage.RECONSTRUCT.record(1),
          Evaluation.after(ShotStage.RECONSTRUCT, 1),
          RunDirectory.manifest(1),
          Evaluation.path(1));

  @Test
  void everyRecordOfAShotIsOneStages() {
    for (String file : FILES) {
      String name = Path.of(file).getFileName().toString();
      assertThat(Arrays.stream(ShotStage.values()).filter(stage -> stage.owns(name)))
          .as(name)
          .hasSize(1);
    }
  }

  @Test
  void whatComesAfterAStageIsForgotten(@TempDir Path temp) throws IOException {
    RunDirectory run =
        new RunDirectory(new HadoopStorage(new Configuration(false)), temp.toString());
    List<String> data =
        List.of(
            ShotStage.ACCUMULATE.file(1, "a"),
            ShotStage.REDUCE.file(1, "a"),
            ShotStage.CUT.file(1, "a"),
            ShotStage.RECONSTRUCT.file(1, "a"),
            ShotStage.CORRECT.file(1, "a"),
            ShotStage.CUT.file(2, "a"));
    for (List<String> some : List.of(FILES, data)) {
      for (String each : some) {
        Files.createDirectories(temp.resolve(each).getParent());
        Files.writeString(temp.resolve(each), each);
      }
    }
    run.forget(1, ShotStage.SCORE);
    try (var left = Files.walk(temp)) {
      assertThat(left.filter(Files::isRegularFile).map(file -> temp.relativize(file).toString()))
          .containsExactlyInAnyOrder(
              FactorsManifest.path(1),
              FactorsManifest.path(1, 0),
              data.get(0),
              data.get(1),
              data.get(5));
    }
    run.forget(3, ShotStage.ACCUMULATE);
  }
}
