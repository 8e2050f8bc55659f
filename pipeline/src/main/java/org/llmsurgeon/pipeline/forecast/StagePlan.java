package org.llmsurgeon.pipeline.forecast;

/**
 * What one stage is expected to need, each time it runs.
 *
 * @param name stage
 * @param times how often it runs
 * @param tasks its tasks; 1 for work on the driver
 * @param flops floating-point operations
 * @param read bytes read from files
 * @param written bytes written to files
 * @param shuffled bytes through Spark's shuffle: none in any stage
 * @param memory most memory of a process that does its work, heap included, bytes
 * @param device the part of it that tensors take, mapped files left out, bytes
 * @param seconds wall-clock time of each, in the mean: the first is slower, while Java compiles
 */
public record StagePlan(
    String name,
    int times,
    int tasks,
    double flops,
    long read,
    long written,
    long shuffled,
    long memory,
    long device,
    double seconds) {}
