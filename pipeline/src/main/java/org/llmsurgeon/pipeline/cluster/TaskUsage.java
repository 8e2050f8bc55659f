package org.llmsurgeon.pipeline.cluster;

import java.io.Serializable;

/**
 * What a task needed.
 *
 * @param read bytes read from files
 * @param written bytes written to files
 * @param peak most memory of its process that was resident in this stage, bytes; null where the
 *     system does not tell
 * @param device most memory of its process that tensors took in this stage, bytes
 */
record TaskUsage(long read, long written, Long peak, long device) implements Serializable {}
