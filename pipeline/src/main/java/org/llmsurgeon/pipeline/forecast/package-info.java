/**
 * What a run will need, stage by stage: memory, disk and time, from the sizes of each.
 *
 * <p>It must not know output folders, and anything that runs.
 */
package org.llmsurgeon.pipeline.forecast;
