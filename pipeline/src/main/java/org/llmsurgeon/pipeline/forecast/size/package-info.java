/**
 * Operations, bytes and memory of one stage, from the shapes of a network and a recipe.
 *
 * <p>It must not know the order of stages, and how long anything takes.
 */
package org.llmsurgeon.pipeline.forecast.size;
