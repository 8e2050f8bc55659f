package org.llmsurgeon.pipeline.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RunInputsTest {
  private static RunInputs of(List<HashedFile> calibration) {
    return new RunInputs(new HashedFile("m", "0"), calibration, List.of());
  }

  private static List<HashedFile> images(String folder, int count) {
    List<HashedFile> files = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      files.add(new HashedFile(folder + (i % 2 == 0 ? "cat/" : "dog/") + i + ".png", "h" + i));
    }
    return files;
  }

  @Test
  void ofManyFilesOneLineIsTold() {
    RunInputs many = of(images("/data/pets/", 1234));
    assertThat(many.told().calibration()).hasSize(1);
    assertThat(many.told().calibration().get(0).path()).isEqualTo("/data/pets/ (1,234 files)");
    assertThat(many.told().calibration().get(0).sha256()).hasSize(64);
    assertThat(of(images("/data/pets/", 50)).told()).isEqualTo(of(images("/data/pets/", 50)));
    assertThat(many.told().told()).isEqualTo(many.told());
  }

  @Test
  void whatIsToldStillSaysWhetherInputsAreTheSame() {
    List<HashedFile> files = images("/data/pets/", 60);
    RunInputs told = of(files).told();
    assertThat(told.difference(of(files))).isEmpty();
    assertThat(of(images("s3a://bucket/", 60)).difference(told)).as("elsewhere").isEmpty();
    List<HashedFile> other = new ArrayList<>(files);
    other.set(7, new HashedFile(files.get(7).path(), "another"));
    assertThat(of(other).difference(told)).contains("another calibration text");
    other.set(7, new HashedFile("/data/pets/cat/7.png", "h7"));
    assertThat(of(other).difference(told)).as("a label").contains("another calibration text");
    assertThat(of(files.subList(0, 59)).difference(told)).contains("another calibration text");
  }
}
