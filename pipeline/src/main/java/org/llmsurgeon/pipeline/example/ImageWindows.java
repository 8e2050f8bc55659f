package org.llmsurgeon.pipeline.example;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.llmsurgeon.model.config.Objective;
import org.llmsurgeon.pipeline.cluster.StageName;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.run.Session;
import org.llmsurgeon.pipeline.run.WindowsFile;
import org.llmsurgeon.surgery.recipe.CalibrationText;

/** Makes windows of images with labels, a task for each file of windows. */
public final class ImageWindows extends DrawnExamples {
  /** Images of a task, at most: photographs take longer to decode than to write. */
  private static final int MOST_IMAGES = 32;

  private final Session session;
  private final RunDirectory run;
  private final String folder;
  private final Objective objective;
  private final CalibrationText text;
  private List<String> listed;
  private List<ImagePlace> places;

  /**
   * @param session the operation
   * @param run where windows are kept
   * @param folder the model's folder
   * @param objective how an image becomes a window
   * @param text how many, and which columns
   */
  public ImageWindows(
      Session session, RunDirectory run, String folder, Objective objective, CalibrationText text) {
    super(session.progress(), text);
    this.session = session;
    this.run = run;
    this.folder = folder;
    this.objective = objective;
    this.text = text;
  }

  /**
   * Images of a full file of windows.
   *
   * @param width numbers of a window
   */
  public static int ofPart(int width) {
    return Math.min(MOST_IMAGES, WindowsFile.partWindows(width));
  }

  private List<ImagePlace> places(List<String> files) {
    if (!files.equals(listed)) {
      ImageTask.processor(session.storage(), folder, objective.image());
      ImageLabels labels = ImageLabels.of(session.storage(), folder, objective.labels());
      places = new ImageList(session.storage(), text.columns(), labels).of(files);
      listed = List.copyOf(files);
    }
    return places;
  }

  @Override
  protected int count(List<String> files) {
    return places(files).size();
  }

  @Override
  protected WindowsFile write(String name, List<String> files, int[] chosen) {
    List<ImagePlace> all = places(files);
    List<ImagePlace> own = chosen == null ? all : Arrays.stream(chosen).mapToObj(all::get).toList();
    if (own.isEmpty()) {
      throw none(files);
    }
    int size = ofPart(objective.width(objective.image().tokens()));
    List<ImageTask.Part> parts = new ArrayList<>();
    for (int from = 0; from < own.size(); from += size) {
      int to = Math.min(from + size, own.size());
      parts.add(new ImageTask.Part(from, List.copyOf(own.subList(from, to))));
    }
    ImageTask task =
        new ImageTask(
            name,
            run.path(),
            folder,
            objective.image(),
            objective.labels(),
            text.columns(),
            session.settings());
    List<String> written = session.tasks().run(StageName.of("decode"), parts, task).value();
    return new WindowsFile(written, size, own.size(), objective.image().tokens(), null);
  }

  @Override
  protected String what() {
    return "images";
  }
}
