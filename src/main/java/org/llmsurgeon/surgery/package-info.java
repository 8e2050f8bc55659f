/**
 * One shot on one machine, without Spark: calibrate, score, find the threshold, cut, evaluate. The
 * Spark stages call the same objects on their executors; the tests have the whole loop in one
 * process, which gives the same bytes.
 *
 * <p>This package knows models, curvature, pruning and checkpoints. It must not know Spark, Hadoop,
 * run directories or the command line, and it prints nothing.
 */
package org.llmsurgeon.surgery;
