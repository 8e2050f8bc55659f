package org.llmsurgeon.compute;

import org.llmsurgeon.compute.reference.ReferenceDevice;

/**
 * What every {@link Device} must do, by definition where a definition can be multiplied back or
 * summed in a plain loop, else as {@link ReferenceDevice} does it (whose own gradients are held by
 * {@link BackwardFiniteDifferenceTest}). A test class of a device extends this and says which.
 */
public abstract class DeviceContract
    implements MemoryContract,
        ProductContract,
        ElementContract,
        TrainingContract,
        FiniteContract,
        FactorizationContract,
        LayerContract,
        AttentionContract,
        CrossEntropyContract,
        DeterminismContract,
        RefusalContract {}
