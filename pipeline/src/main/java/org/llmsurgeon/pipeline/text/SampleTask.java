package org.llmsurgeon.pipeline.text;

import java.io.Serializable;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.llmsurgeon.checkpoint.token.TokenWindows;
import org.llmsurgeon.checkpoint.token.WindowDraw;
import org.llmsurgeon.checkpoint.token.WindowFrame;
import org.llmsurgeon.pipeline.cluster.TaskFunction;
import org.llmsurgeon.pipeline.files.HadoopSettings;
import org.llmsurgeon.pipeline.run.RunDirectory;

/**
 * Gathers a file's worth of windows from the tokens of a text. Memory: these windows.
 *
 * @param name what the windows are for
 * @param run run directory
 * @param files the tokens
 * @param draw where windows begin, without their frames
 * @param frame tokens around each
 * @param settings how to reach the files
 */
record SampleTask(
    String name,
    String run,
    List<TokenFile> files,
    WindowDraw draw,
    WindowFrame frame,
    HadoopSettings settings)
    implements TaskFunction<SampleTask.Range, String> {
  SampleTask {
    files = List.copyOf(files);
  }

  /**
   * Some windows.
   *
   * @param from first window
   * @param to window after the last
   */
  record Range(int from, int to) implements Serializable {}

  @Override
  public String apply(Range range, String attempt) {
    RunDirectory directory = new RunDirectory(settings.storage(), run);
    long tokens = files.stream().mapToLong(TokenFile::tokens).sum();
    long[] starts = draw.starts(tokens, range.from(), range.to());
    int[][] windows = new int[starts.length][];
    try (TokenReader reader = new TokenReader(directory, files)) {
      IntStream.range(0, starts.length)
          .boxed()
          .sorted(Comparator.comparingLong(i -> starts[i]))
          .forEachOrdered(i -> windows[i] = frame.around(reader.read(starts[i], draw.context())));
    }
    String path = path(name, range, attempt);
    new TokenWindows(windows).write(directory.storage(), directory.resolve(path));
    return path;
  }

  /** The file of an attempt at some windows, relative to the run directory. */
  static String path(String name, Range range, String attempt) {
    return Windows.FOLDER + name + "-" + range.from() + "-" + attempt + ".arrow";
  }
}
