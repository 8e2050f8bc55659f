package org.llmsurgeon.compute.cuda.operand;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;
import java.util.HashMap;
import java.util.Map;
import org.llmsurgeon.compute.cuda.driver.CudaContext;
import org.llmsurgeon.compute.cuda.driver.KernelCompiler;

/** The kernels of this package, loaded on a card. */
public final class CudaKernels implements AutoCloseable {
  /** The most arguments of a kernel. */
  static final int ARGUMENTS = 16;

  private final CudaContext context;
  private final Pointer module;
  private final Map<String, Pointer> functions = new HashMap<>();

  /** Values of a launch, and pointers to them: the driver copies both before it returns. */
  private final Memory values = new Memory(8L * ARGUMENTS);

  private final Memory pointers = new Memory(8L * ARGUMENTS);

  /** The kernels of a card; each is compiled when it is first launched. */
  public CudaKernels(CudaContext context) {
    this.context = context;
    for (int i = 0; i < ARGUMENTS; i++) {
      pointers.setPointer(8L * i, values.share(8L * i));
    }
    String source = KernelSource.text();
    KernelCompiler compiler = new KernelCompiler(context.libraries().compiler());
    byte[] image = compiler.compile(source, context.card().architecture());
    synchronized (context) {
      context.enter();
      PointerByReference handle = new PointerByReference();
      Memory code = new Memory(image.length);
      code.write(0, image, 0, image.length);
      context.check("cuModuleLoadData", context.driver().cuModuleLoadData(handle, code));
      this.module = handle.getValue();
      for (String name : KernelSource.names(source)) {
        PointerByReference function = new PointerByReference();
        context.check(
            "cuModuleGetFunction of " + name,
            context.driver().cuModuleGetFunction(function, module, name));
        functions.put(name, function.getValue());
      }
    }
  }

  /** A launch of a kernel, whose arguments follow. */
  public KernelLaunch of(String name) {
    return new KernelLaunch(this, name);
  }

  /** As {@link #of}, of the variant for what the tensors hold, in their order. */
  public KernelLaunch of(String name, CudaTensor... tensors) {
    StringBuilder variant = new StringBuilder(name).append('_');
    for (CudaTensor each : tensors) {
      variant.append(each.letter());
    }
    return of(variant.toString());
  }

  void launch(String name, long[] arguments, int count, int[] grid) {
    Pointer function = functions.get(name);
    if (function == null) {
      throw new IllegalArgumentException("There is no kernel " + name);
    }
    synchronized (context) {
      context.enter();
      values.write(0, arguments, 0, count);
      int status =
          context
              .driver()
              .cuLaunchKernel(
                  function,
                  grid[0],
                  grid[1],
                  1,
                  grid[2],
                  1,
                  1,
                  0,
                  context.stream(),
                  pointers,
                  null);
      context.check("cuLaunchKernel of " + name, status);
    }
  }

  @Override
  public void close() {
    synchronized (context) {
      if (!context.isLost()) {
        context.synchronize();
        context.driver().cuModuleUnload(module);
      }
    }
  }
}
