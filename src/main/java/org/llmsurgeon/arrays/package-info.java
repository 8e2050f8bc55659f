/**
 * The door for programs that compute with ND4J: factors, costs and tensors of files as
 * N-dimensional arrays.
 *
 * <p>This package must not know models, recipes and runs, and nothing in the library uses it.
 */
package org.llmsurgeon.arrays;
