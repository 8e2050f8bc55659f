package org.llmsurgeon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@DisabledOnOs(OS.WINDOWS)
class NativeLibrariesTest {
  @TempDir private Path temporary;

  private Path withoutHome() {
    return NativeLibraries.folder(Map.of(), "?", temporary.toString()).orElseThrow();
  }

  @Test
  void aHomeThatCanBeWrittenServes() {
    assertThat(NativeLibraries.folder(Map.of(), temporary.toString(), "/nowhere")).isEmpty();
  }

  @Test
  void withoutAHomeEachUserHasAFolderThatNobodyElseMayEnter() throws IOException {
    Object user = Files.getAttribute(temporary, "unix:uid");

    Path folder = withoutHome();

    assertThat(folder).isEqualTo(temporary.resolve("surgeon-" + user));
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder)))
        .isEqualTo("rwx------");
    assertThat(withoutHome()).isEqualTo(folder);
    assertThat(temporary.toFile().list()).hasSize(1);
    for (String home : new String[] {"", "home", "/nowhere/at/all", "\0"}) {
      assertThat(NativeLibraries.folder(Map.of(), home, temporary.toString())).hasValue(folder);
    }
  }

  @Test
  void aFolderThatSomebodyElseMadeIsNotUsed() throws IOException {
    Path elsewhere = Files.createDirectory(temporary.resolve("elsewhere"));
    Path link = temporary.resolve("surgeon-" + Files.getAttribute(temporary, "unix:uid"));
    Files.createSymbolicLink(link, elsewhere);

    assertThat(withoutHome()).isNotEqualTo(link).isDirectory();
  }

  @Test
  void theUsersChoiceWins() {
    assertThat(NativeLibraries.folder(Map.of("SURGEON_CACHE", "/a/b"), "?", "/nowhere"))
        .hasValue(Path.of("/a/b"));
    assertThat(NativeLibraries.folder(Map.of("SURGEON_CACHE", " "), temporary.toString(), "x"))
        .isEmpty();
  }

  @Test
  void noPlaceAtAllIsSaid() {
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> NativeLibraries.folder(Map.of(), "?", "/nowhere/at/all"))
        .withMessageContaining("/nowhere/at/all")
        .withMessageContaining("SURGEON_CACHE");
  }

  @Test
  void aLibraryThatCannotBeLoadedSaysWhyAndWhatHelps() {
    Error failure = new UnsatisfiedLinkError("java.io.IOException: x.so: not permitted");

    assertThat(NativeLibraries.unusable("the library", ", or do without", failure))
        .hasMessage(
            "the library cannot be loaded here (x.so: not permitted); set SURGEON_CACHE to a folder"
                + " that can be written and from which programs may run, or do without");
  }

  /** The kernel's own file systems have no room for anybody. */
  @EnabledOnOs(OS.LINUX)
  @Test
  void aFullDiskIsNamedAndNotTheLibrary() {
    InputException said =
        NativeLibraries.unusable(
            "the library",
            "",
            new UnsatisfiedLinkError("file too short"),
            List.of(Path.of("/proc/x")));

    assertThat(said)
        .hasMessageStartingWith("the library finds no room in /proc/x; make room, or set")
        .hasRootCauseMessage("/proc/x: No space left on device");
  }
}
