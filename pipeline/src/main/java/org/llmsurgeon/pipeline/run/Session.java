package org.llmsurgeon.pipeline.run;

import java.util.UUID;
import org.apache.spark.api.java.JavaSparkContext;
import org.llmsurgeon.model.config.ObjectiveChoice;
import org.llmsurgeon.pipeline.cluster.Progress;
import org.llmsurgeon.pipeline.cluster.ReducePlace;
import org.llmsurgeon.pipeline.cluster.RunUsage;
import org.llmsurgeon.pipeline.cluster.StageLimits;
import org.llmsurgeon.pipeline.cluster.TaskRunner;
import org.llmsurgeon.pipeline.files.HadoopSettings;
import org.llmsurgeon.pipeline.files.HadoopStorage;

/**
 * What the stages of one operation share on the driver.
 *
 * @param id unlike that of any other operation: models are not shared between operations, since
 *     their files may have changed
 * @param spark Spark
 * @param tasks runs stages
 * @param reduce where shards are summed
 * @param settings how executors reach the file systems
 * @param storage how the driver does
 * @param objective what networks are to do
 */
public record Session(
    String id,
    JavaSparkContext spark,
    TaskRunner tasks,
    ReducePlace reduce,
    HadoopSettings settings,
    HadoopStorage storage,
    ObjectiveChoice objective) {
  /**
   * A new operation.
   *
   * @param spark Spark
   * @param progress told what happens
   * @throws org.llmsurgeon.InputException if a setting of Spark names no GPU policy or no place to
   *     reduce
   */
  public static Session begin(JavaSparkContext spark, Progress progress) {
    HadoopSettings settings = HadoopSettings.of(spark.hadoopConfiguration());
    return new Session(
        UUID.randomUUID().toString(),
        spark,
        new TaskRunner(spark, progress),
        ReducePlace.parse(spark.getConf().get(ReducePlace.SETTING, ReducePlace.AUTO.optionName())),
        settings,
        settings.storage(),
        ObjectiveChoice.DEFAULT);
  }

  /**
   * The same operation with something else to do.
   *
   * @param other what networks are to do
   */
  public Session with(ObjectiveChoice other) {
    return new Session(id, spark, tasks, reduce, settings, storage, other);
  }

  /**
   * The same operation with fewer tasks at a time.
   *
   * @param limits how many
   */
  public Session within(StageLimits limits) {
    return new Session(id, spark, tasks.within(limits), reduce, settings, storage, objective);
  }

  /** Who is told what happens. */
  public Progress progress() {
    return tasks.usage();
  }

  /** What the stages of this operation needed. */
  public RunUsage usage() {
    return tasks.usage();
  }

  /**
   * A reference to a folder's weights as they are.
   *
   * @param folder model folder
   */
  public ModelRef model(String folder) {
    return new ModelRef(id, folder, null, null, objective);
  }

  /**
   * A reference to a folder's weights after a shot.
   *
   * @param folder folder of the dense model
   * @param run the run directory
   * @param shot a committed shot; 0 for the folder as it is
   */
  public ModelRef model(String folder, RunDirectory run, int shot) {
    return shot == 0 ? model(folder) : model(folder, run, RunDirectory.manifest(shot));
  }

  /**
   * A reference to a folder's weights after a step of a shot.
   *
   * @param folder folder of the dense model
   * @param run the run directory
   * @param manifest what the step committed, relative to the run directory
   */
  public ModelRef model(String folder, RunDirectory run, String manifest) {
    return new ModelRef(id, folder, run.path(), manifest, objective);
  }
}
