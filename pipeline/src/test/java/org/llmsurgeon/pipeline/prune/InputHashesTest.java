package org.llmsurgeon.pipeline.prune;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.checkpoint.folder.ModelFolder;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.checkpoint.storage.Sha256;
import org.llmsurgeon.pipeline.RecordingProgress;
import org.llmsurgeon.pipeline.TestModel;
import org.llmsurgeon.pipeline.TestSpark;
import org.llmsurgeon.pipeline.run.HashedFile;
import org.llmsurgeon.pipeline.run.RunInputs;
import org.llmsurgeon.pipeline.run.Session;

class InputHashesTest {
  @TempDir Path temp;

  @Test
  void aThousandSmallFilesAreOneTaskAndEachHasItsHash() throws Exception {
    TestModel model = TestModel.opt(temp, DataType.F32);
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      texts.add(Files.writeString(temp.resolve(i + ".txt"), "text " + i).toString());
    }
    RecordingProgress progress = new RecordingProgress();
    try (JavaSparkContext spark = TestSpark.local(2)) {
      Session session = Session.begin(spark, progress);
      try (ModelFolder folder = ModelFolder.open(session.storage(), model.folder().toString())) {
        RunInputs inputs =
            InputHashes.of(session, folder, texts.subList(0, 990), texts.subList(980, 1000));

        assertThat(inputs.calibration()).extracting(HashedFile::path).hasSize(990);
        for (int i = 0; i < 990; i++) {
          assertThat(inputs.calibration().get(i))
              .isEqualTo(new HashedFile(texts.get(i), Sha256.of("text " + i)));
        }
        assertThat(inputs.test()).hasSize(20);
        assertThat(inputs.test().get(19).sha256()).isEqualTo(Sha256.of("text 999"));
      }
    }
    assertThat(progress.events()).contains("stage 0 hash 1");
  }
}
