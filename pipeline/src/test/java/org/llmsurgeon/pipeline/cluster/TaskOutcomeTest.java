package org.llmsurgeon.pipeline.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.llmsurgeon.pipeline.RemoteFileSystem;
import org.llmsurgeon.pipeline.files.HadoopSettings;

class TaskOutcomeTest {
  @Test
  void settingsTravelWithoutHadoopsOwnDefaultsAndWithoutShowingSecrets(@TempDir Path temp)
      throws Exception {
    Configuration configuration = new Configuration();
    configuration.set("fs.remote.impl", RemoteFileSystem.class.getName());
    configuration.set("fs.s3a.secret.key", "do not tell");
    HadoopSettings settings = HadoopSettings.of(configuration);
    byte[] bytes = new TaskOutcome.Done<>(settings, new TaskUsage(0, 0, null, 0)).toBytes();
    HadoopSettings arrived =
        ((TaskOutcome.Done<HadoopSettings>) TaskOutcome.<HadoopSettings>fromBytes(bytes)).value();
    Path there = Files.createFile(temp.toRealPath().resolve("there"));

    assertThat(bytes.length).isLessThan(2000);
    assertThat(arrived.storage().exists(RemoteFileSystem.uri(there))).isTrue();
    assertThat(settings.toString()).doesNotContain("do not tell").contains("2 ");
  }
}
