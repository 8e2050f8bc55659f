package org.llmsurgeon;

import com.sun.source.util.JavacTask;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/** What is public and has no Javadoc, as the compiler's own check of comments finds it. */
public final class Documented {
  private static final String NO_COMMENT = "no comment";

  private Documented() {}

  /**
   * Places without a comment.
   *
   * @param sources root of the sources
   */
  public static List<String> missing(Path sources) throws IOException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    DiagnosticCollector<JavaFileObject> found = new DiagnosticCollector<>();
    try (StandardJavaFileManager files = compiler.getStandardFileManager(found, Locale.ROOT, null);
        Stream<Path> all = Files.walk(sources)) {
      List<Path> java = all.filter(each -> each.toString().endsWith(".java")).toList();
      List<String> options =
          List.of(
              "-proc:none",
              "-Xdoclint:missing/public",
              "-Xmaxwarns",
              "1000000",
              "--add-modules",
              "jdk.incubator.vector",
              "-classpath",
              System.getProperty("java.class.path"));
      JavacTask task =
          (JavacTask)
              compiler.getTask(
                  null, files, found, options, null, files.getJavaFileObjectsFromPaths(java));
      task.analyze();
    }
    return found.getDiagnostics().stream()
        .filter(each -> each.getMessage(Locale.ENGLISH).endsWith(NO_COMMENT))
        .map(Documented::place)
        .toList();
  }

  private static String place(Diagnostic<? extends JavaFileObject> each) {
    return each.getSource().getName() + ":" + each.getLineNumber();
  }
}
