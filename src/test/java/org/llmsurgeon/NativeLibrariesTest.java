package org.llmsurgeon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
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

  /** Prints the folder of a user without a home, and puts a file there. */
  static final class Cache {
    private Cache() {}

    public static void main(String[] arguments) throws IOException {
      Path folder = NativeLibraries.folder(Map.of(), "?", arguments[0]).orElseThrow();
      Files.createFile(folder.resolve("library-of-" + arguments[1]));
      System.out.print(folder);
    }
  }

  /** Two real users of one machine, each with a process of its own. */
  @EnabledOnOs(OS.LINUX)
  @Test
  void twoUsersWithoutAHomeDoNotMeet() throws Exception {
    Path classes = temporary.resolve("classes");
    for (Class<?> each :
        List.of(Cache.class, NativeLibraries.class, InputException.class, Reason.class)) {
      String name = each.getName().replace('.', '/') + ".class";
      Path copy = classes.resolve(name);
      Files.createDirectories(copy.getParent());
      try (InputStream bytes = each.getClassLoader().getResourceAsStream(name)) {
        Files.copy(bytes, copy);
      }
    }
    Path shared = Files.createDirectory(temporary.resolve("tmp"));
    Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.setPosixFilePermissions(shared, PosixFilePermissions.fromString("rwxrwxrwx"));
    String first = cacheOf(54321, classes, shared);
    assertThat(first).isEqualTo(shared.resolve("surgeon-54321").toString());
    assertThat(cacheOf(54322, classes, shared))
        .isEqualTo(shared.resolve("surgeon-54322").toString());
    assertThat(Files.getAttribute(Path.of(first), "unix:uid")).isEqualTo(54321);
  }

  private static String cacheOf(int user, Path classes, Path shared) throws Exception {
    Process process =
        new ProcessBuilder(
                "setpriv",
                "--reuid=" + user,
                "--regid=" + user,
                "--clear-groups",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                classes.toString(),
                Cache.class.getName(),
                shared.toString(),
                String.valueOf(user))
            .redirectErrorStream(true)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    Assumptions.assumeFalse(
        said.contains("setresuid") || said.contains("setgroups"), "needs root: " + said);
    assertThat(process.waitFor()).as(said).isZero();
    return said;
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
