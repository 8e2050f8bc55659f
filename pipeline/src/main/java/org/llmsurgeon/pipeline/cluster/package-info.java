/**
 * One Spark stage: tasks, their results once, their progress, memory and place.
 *
 * <p>It must not know the run directory and what tasks compute.
 */
package org.llmsurgeon.pipeline.cluster;
