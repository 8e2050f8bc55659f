/**
 * What a run will need, from sizes alone: operations, bytes, memory, disk, time.
 *
 * <p>It must not know output folders, and anything that runs.
 */
package org.llmsurgeon.pipeline.forecast;
