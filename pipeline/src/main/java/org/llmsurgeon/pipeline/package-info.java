/**
 * Pruning on Spark: the stages of a shot as Spark tasks, the run directory that holds what is done
 * so far, and resuming from it. {@link org.llmsurgeon.pipeline.SurgeonPipeline} is the door.
 *
 * <p>Plan, run and commit are separate: a plan fixes the groups of windows whose sums are added in
 * order; tasks write files under names of their own and return small records; the driver commits a
 * step by creating one JSON file exclusively. Tensors never travel through Spark.
 *
 * <p>This package knows Spark, Hadoop's file systems and {@link org.llmsurgeon.surgery}, whose
 * objects do the work inside the tasks. It must not know the command line, and it prints nothing;
 * it does no arithmetic on tensors of its own.
 */
package org.llmsurgeon.pipeline;
