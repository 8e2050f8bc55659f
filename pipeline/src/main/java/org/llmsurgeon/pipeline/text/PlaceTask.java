package org.llmsurgeon.pipeline.text;

import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.llmsurgeon.checkpoint.text.TextPart;
import org.llmsurgeon.checkpoint.text.TextSource;
import org.llmsurgeon.checkpoint.token.TextPlaces;
import org.llmsurgeon.checkpoint.token.TextTokenizer;
import org.llmsurgeon.checkpoint.token.TokenWindows;
import org.llmsurgeon.checkpoint.token.WindowDraw;
import org.llmsurgeon.checkpoint.token.WindowFrame;
import org.llmsurgeon.pipeline.cluster.TaskFunction;
import org.llmsurgeon.pipeline.files.HadoopSettings;
import org.llmsurgeon.pipeline.files.HadoopStorage;
import org.llmsurgeon.pipeline.run.RunDirectory;

/**
 * Reads a file's worth of windows at places of a text, see {@link TextPlaces}. Memory: these
 * windows, and the text of one.
 *
 * @param name what the windows are for
 * @param model folder of the tokenizer
 * @param vocabulary tokens that the model has
 * @param run run directory
 * @param regions texts, one after the other, with the windows of each
 * @param frame tokens around each window
 * @param settings how to reach the files
 */
record PlaceTask(
    String name,
    String model,
    int vocabulary,
    String run,
    List<Region> regions,
    WindowFrame frame,
    HadoopSettings settings)
    implements TaskFunction<SampleTask.Range, String> {
  PlaceTask {
    regions = List.copyOf(regions);
  }

  /**
   * A text and the windows that are drawn from it.
   *
   * @param text files, or parts of them
   * @param draw where windows begin, without their frames
   */
  record Region(List<TextPart> text, WindowDraw.AtRandom draw) implements Serializable {
    Region {
      text = List.copyOf(text);
    }
  }

  @Override
  public String apply(SampleTask.Range range, String attempt) throws IOException {
    HadoopStorage storage = settings.storage();
    RunDirectory directory = new RunDirectory(storage, run);
    try (TextTokenizer tokenizer = TextTokenizer.open(storage, model)) {
      TokenWindows windows = windows(tokenizer, new StoredTexts(storage), range);
      windows.requireVocabulary(vocabulary, regions.get(0).text().get(0).path());
      String path = SampleTask.path(name, range, attempt);
      windows.write(storage, directory.resolve(path));
      return path;
    }
  }

  private TokenWindows windows(TextTokenizer tokenizer, TextSource source, SampleTask.Range range) {
    List<int[]> windows = new ArrayList<>();
    int begin = 0;
    for (Region region : regions) {
      int count = region.draw().count();
      int from = Math.max(0, range.from() - begin);
      int to = Math.min(count, range.to() - begin);
      if (from < to) {
        for (int[] text :
            new TextPlaces(tokenizer, source, region.text()).windows(region.draw(), from, to)) {
          windows.add(frame.around(text));
        }
      }
      begin += count;
    }
    return new TokenWindows(windows.toArray(int[][]::new));
  }
}
