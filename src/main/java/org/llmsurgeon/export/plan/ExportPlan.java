package org.llmsurgeon.export.plan;

import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import org.llmsurgeon.checkpoint.folder.TensorEdit;

/**
 * How a folder is written.
 *
 * @param route never {@link Route#AUTO}
 * @param widths of all blocks
 * @param edits what becomes of the tensors, by their names in the folder
 * @param files content of files besides the weights; null for one that is left out
 * @param bytes of all tensors together
 */
public record ExportPlan(
    Route route,
    List<BlockWidth> widths,
    Map<String, TensorEdit> edits,
    SortedMap<String, byte[]> files,
    long bytes) {}
