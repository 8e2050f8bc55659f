package org.llmsurgeon.pipeline;

/**
 * One method at one sparsity.
 *
 * @param method its name
 * @param curvature kind of the curvature
 * @param update how the weights that stay make up for those that go
 * @param sparsity share of the weights that was to be gone
 * @param shots rounds of measuring and cutting
 * @param removed share that is gone, exactly
 * @param perplexity on the test windows, of the weights in F32
 * @param seconds time of scoring and cutting, with what was measured for this run alone; the first
 *     measurement of the dense model is shared by all methods that need the same factors
 * @param measuringSeconds time of that first measurement; 0 where nothing is measured
 * @param peakBytes the most resident memory of the driver's process during the run, bytes; null
 *     where the system does not tell. On a cluster the executors' is not in it
 */
public record ComparedRun(
    String method,
    String curvature,
    String update,
    double sparsity,
    int shots,
    double removed,
    double perplexity,
    double seconds,
    double measuringSeconds,
    Long peakBytes) {}
