/**
 * What is left in a model with zeros, whoever made them, and the tensors of a folder as the network
 * reads them.
 *
 * <p>It must not know in which form anything is written.
 */
package org.llmsurgeon.export.survey;
