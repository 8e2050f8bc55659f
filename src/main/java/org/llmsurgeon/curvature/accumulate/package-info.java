/**
 * Sums over tokens: factors plain and weighted, corrected eigenvalues, statistics of inputs.
 *
 * <p>It must not know what is made of the sums: no damping, no inverse.
 */
package org.llmsurgeon.curvature.accumulate;
