package org.llmsurgeon.pipeline.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.InputException;
import org.llmsurgeon.pipeline.RecordingProgress;
import org.llmsurgeon.pipeline.RemoteFileSystem;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.cluster.RunFailedException;
import org.llmsurgeon.pipeline.files.HadoopStorage;
import org.llmsurgeon.pipeline.files.Json;

class RunLeaseTest {
  private static final RunLease.Rhythm QUICK =
      new RunLease.Rhythm(Duration.ofMillis(60), Duration.ofMillis(1500));

  @TempDir Path temp;
  private RunDirectory run;

  @BeforeEach
  void makeRun() {
    run = new RunDirectory(new HadoopStorage(RemoteFileSystem.configuration()), temp.toString());
  }

  private RunLease acquire() {
    return RunLease.acquire(run, QUICK, Progress.silent());
  }

  private void claim(String owner) throws Exception {
    Files.createDirectories(temp.resolve("lease"));
    Files.writeString(temp.resolve("lease/000001.claim.json"), owner);
  }

  @Test
  void aLeaseThatIsGivenBackIsTakenAtOnce() {
    RecordingProgress progress = new RecordingProgress();
    acquire().close();
    try (RunLease second = RunLease.acquire(run, QUICK, progress)) {
      second.check();
    }
    assertThat(progress.events()).isEmpty();
  }

  @Test
  void aLivingOwnerIsNotDisturbed() {
    try (RunLease first = acquire()) {
      assertThatThrownBy(this::acquire)
          .isInstanceOf(InputException.class)
          .hasMessageContaining(temp.toString());
      first.check();
    }
  }

  @Test
  void aClaimOfADeadProcessOfThisMachineIsTakenOver() throws Exception {
    RunLease.Owner me = RunLease.Owner.current();
    claim(new String(Json.bytes(new RunLease.Owner(me.host(), me.pid(), me.started() - 1))));
    RecordingProgress progress = new RecordingProgress();

    try (RunLease lease = RunLease.acquire(run, QUICK, progress)) {
      lease.check();
    }
    assertThat(progress.events()).isEmpty();
  }

  @Test
  void aClaimOfAnotherMachineThatDoesNotBeatIsTakenOverAfterAWhile() throws Exception {
    claim("{\"host\": \"another\", \"pid\": 1, \"started\": 5}");
    RecordingProgress progress = new RecordingProgress();
    long start = System.nanoTime();

    try (RunLease lease = RunLease.acquire(run, QUICK, progress)) {
      lease.check();
    }
    assertThat(System.nanoTime() - start).isGreaterThan(QUICK.patience().toNanos());
    assertThat(progress.events()).hasSize(1).first().asString().contains("waiting");
  }

  @Test
  void whoLostTheLeaseMayNotCommit() throws Exception {
    try (RunLease lost = acquire()) {
      run.guardedBy(lost::check);
      run.commit("before.json", 1);
      Files.writeString(temp.resolve("lease/000002.claim.json"), "{}");

      assertThatThrownBy(() -> run.commit("after.json", 2))
          .isInstanceOf(RunFailedException.class)
          .hasMessageContaining("taken over");
    }
    assertThat(temp.resolve("before.json")).exists();
    assertThat(temp.resolve("after.json")).doesNotExist();
  }

  @Test
  void givingBackAfterTheDirectoryIsGoneMakesNothing() {
    RunLease lease = acquire();
    run.delete();
    assertThatCode(lease::close).doesNotThrowAnyException();
    assertThat(temp).doesNotExist();
  }
}
