package org.llmsurgeon.pipeline;

import java.io.Serializable;

/**
 * Which weights a task uses: those of a folder, or those that a shot committed laid over them. It
 * travels instead of the weights; each machine maps the files.
 *
 * @param session the operation it belongs to
 * @param folder model folder
 * @param run run directory, or null for the folder as it is
 * @param shot the committed shot; 0 for the folder as it is
 */
record ModelRef(String session, String folder, String run, int shot) implements Serializable {}
