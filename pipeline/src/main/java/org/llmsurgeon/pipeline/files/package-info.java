/**
 * Hadoop file systems and local scratch disks, with what passed through them counted.
 *
 * <p>It must not know runs, stages and models.
 */
package org.llmsurgeon.pipeline.files;
