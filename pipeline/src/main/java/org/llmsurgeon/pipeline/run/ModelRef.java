package org.llmsurgeon.pipeline.run;

import java.io.Serializable;
import org.llmsurgeon.model.config.ObjectiveChoice;

/**
 * Which weights a task uses: those of a folder, or those that a step of a shot made laid over them.
 * It travels instead of the weights; each machine maps the files.
 *
 * @param session the operation it belongs to
 * @param folder model folder
 * @param run run directory, or null for the folder as it is
 * @param manifest the {@link ShotManifest} of the step, relative to the run directory; null for the
 *     folder as it is
 * @param objective what the network is to do
 */
public record ModelRef(
    String session, String folder, String run, String manifest, ObjectiveChoice objective)
    implements Serializable {}
