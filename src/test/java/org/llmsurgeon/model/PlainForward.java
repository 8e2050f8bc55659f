package org.llmsurgeon.model;

import java.util.Map;
import java.util.TreeMap;
import org.llmsurgeon.compute.Activation;
import org.llmsurgeon.model.config.BlockSize;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.config.NormPlace;
import org.llmsurgeon.model.config.RotaryPositions;
import org.llmsurgeon.model.config.RotaryScaling;

/**
 * Logits of one sequence, token by token and head by head in arrays of doubles, as the definitions
 * of the two architectures stand in the transformers library: an oracle that shares no code with
 * the networks.
 */
final class PlainForward {
  private final ModelConfig config;
  private final Map<String, double[]> weights = new TreeMap<>();

  PlainForward(LanguageModel model) {
    config = model.config();
    model
        .parameterNames()
        .forEach(name -> weights.put(name, model.device().values(model.weight(name))));
  }

  double[][] logits(int[] ids) {
    double[][] x = new double[ids.length][];
    for (int t = 0; t < ids.length; t++) {
      x[t] = embedding(ids[t], t);
    }
    for (int block = 0; block < config.blockCount(); block++) {
      x = block(block, x);
    }
    double[][] logits = new double[ids.length][];
    for (int t = 0; t < ids.length; t++) {
      logits[t] = head(x[t]);
    }
    return logits;
  }

  /** Mean next-token cross-entropy, in nats. */
  double loss(int[] ids) {
    double[][] logits = logits(ids);
    double sum = 0;
    for (int t = 0; t + 1 < ids.length; t++) {
      double partition = 0;
      for (double logit : logits[t]) {
        partition += Math.exp(logit);
      }
      sum += Math.log(partition) - logits[t][ids[t + 1]];
    }
    return sum / (ids.length - 1);
  }

  private boolean isLlama() {
    return config.gated();
  }

  private double[] embedding(int id, int position) {
    double[] x = row(config.embeddingName(), id, config.vocabulary());
    if (isLlama()) {
      return x;
    }
    if (weights.containsKey("model.decoder.project_in.weight")) {
      x = linear("model.decoder.project_in", x);
    }
    String table = "model.decoder.embed_positions.weight";
    return sum(x, row(table, position + 2, config.maxPositions() + 2));
  }

  private double[] head(double[] x) {
    double[] last = x;
    if (isLlama()) {
      last = norm("model.norm", last);
    } else {
      if (config.has(NormPlace.LAST)) {
        last = norm("model.decoder.final_layer_norm", last);
      }
      if (weights.containsKey("model.decoder.project_out.weight")) {
        last = linear("model.decoder.project_out", last);
      }
    }
    return product(
        weights.get(config.tiedHead() ? config.embeddingName() : "lm_head.weight"), last);
  }

  private double[][] block(int block, double[][] x) {
    String name = config.blockName(block);
    BlockSize sizes = config.blocks().get(block);
    String firstNorm = name + (isLlama() ? ".input_layernorm" : ".self_attn_layer_norm");
    String secondNorm = name + (isLlama() ? ".post_attention_layernorm" : ".final_layer_norm");
    boolean before = isLlama() || config.has(NormPlace.BEFORE_ATTENTION);
    double[][] read = new double[x.length][];
    for (int t = 0; t < x.length; t++) {
      read[t] = before && sizes.hasAttention() ? norm(firstNorm, x[t]) : x[t];
    }
    double[][] attended =
        sizes.hasAttention()
            ? attention(sizes, name + ".self_attn", read)
            : new double[x.length][config.hidden()];
    double[][] out = new double[x.length][];
    for (int t = 0; t < x.length; t++) {
      double[] middle = sum(x[t], attended[t]);
      if (!before) {
        middle = norm(firstNorm, middle);
      }
      double[] added = new double[config.hidden()];
      if (sizes.hasFeedForward()) {
        added = feedForward(name, before ? norm(secondNorm, middle) : middle);
      }
      out[t] = before ? sum(middle, added) : norm(secondNorm, sum(middle, added));
    }
    return out;
  }

  private double[][] attention(BlockSize sizes, String name, double[][] x) {
    int width = config.headDimension();
    double[][] out = new double[x.length][];
    double[][] q = new double[x.length][];
    double[][] k = new double[x.length][];
    double[][] v = new double[x.length][];
    for (int t = 0; t < x.length; t++) {
      q[t] = rotated(linear(name + ".q_proj", x[t]), t);
      k[t] = rotated(linear(name + ".k_proj", x[t]), t);
      v[t] = linear(name + ".v_proj", x[t]);
      double[] context = new double[sizes.queryHeads() * width];
      for (int head = 0; head < sizes.queryHeads(); head++) {
        int from = head / sizes.headsPerGroup() * width;
        double[] shares = new double[t + 1];
        double total = 0;
        for (int s = 0; s <= t; s++) {
          double score = 0;
          for (int d = 0; d < width; d++) {
            score += q[t][head * width + d] * k[s][from + d];
          }
          shares[s] = Math.exp(score / Math.sqrt(width));
          total += shares[s];
        }
        for (int s = 0; s <= t; s++) {
          for (int d = 0; d < width; d++) {
            context[head * width + d] += shares[s] / total * v[s][from + d];
          }
        }
      }
      out[t] = linear(name + (isLlama() ? ".o_proj" : ".out_proj"), context);
    }
    return out;
  }

  private double[] rotated(double[] x, int position) {
    if (!isLlama()) {
      return x;
    }
    int width = config.headDimension();
    double[] out = new double[x.length];
    for (int at = 0; at < x.length; at++) {
      int d = at % width;
      double angle = position * frequency(config.attention().positions(0), d % (width / 2), width);
      double partner = d < width / 2 ? -x[at + width / 2] : x[at - width / 2];
      out[at] = x[at] * Math.cos(angle) + partner * Math.sin(angle);
    }
    return out;
  }

  private static double frequency(RotaryPositions rotary, int pair, int width) {
    double plain = 1 / Math.pow(rotary.theta(), 2.0 * pair / width);
    if (rotary.scaling() instanceof RotaryScaling.Linear linear) {
      return plain / linear.divisor();
    }
    if (rotary.scaling() instanceof RotaryScaling.Llama3 llama3) {
      double waveLength = 2 * Math.PI / plain;
      double longest = llama3.originalPositions() / llama3.lowFrequencyFactor();
      double shortest = llama3.originalPositions() / llama3.highFrequencyFactor();
      double smooth =
          (llama3.originalPositions() / waveLength - llama3.lowFrequencyFactor())
              / (llama3.highFrequencyFactor() - llama3.lowFrequencyFactor());
      double between = (1 - smooth) * plain / llama3.divisor() + smooth * plain;
      return waveLength < shortest
          ? plain
          : waveLength > longest ? plain / llama3.divisor() : between;
    }
    return plain;
  }

  private double[] feedForward(String name, double[] x) {
    Activation activation = config.activation();
    double[] raised = linear(name + (isLlama() ? ".mlp.gate_proj" : ".fc1"), x);
    for (int j = 0; j < raised.length; j++) {
      raised[j] = activate(activation, raised[j]);
    }
    if (isLlama()) {
      double[] up = linear(name + ".mlp.up_proj", x);
      for (int j = 0; j < raised.length; j++) {
        raised[j] *= up[j];
      }
    }
    return linear(name + (isLlama() ? ".mlp.down_proj" : ".fc2"), raised);
  }

  private static double activate(Activation activation, double x) {
    return switch (activation) {
      case RELU -> Math.max(0, x);
      case SILU -> x / (1 + Math.exp(-x));
      case GELU -> x * normalDistribution(x);
      case GELU_TANH ->
          x / 2 * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
      case TANH -> Math.tanh(x);
    };
  }

  /** By Simpson's rule over the density, from 0. */
  private static double normalDistribution(double x) {
    int steps = 400;
    double h = x / steps;
    double sum = 0;
    for (int i = 0; i <= steps; i++) {
      double weight = i == 0 || i == steps ? 1 : i % 2 == 1 ? 4 : 2;
      sum += weight * Math.exp(-i * h * i * h / 2);
    }
    return 0.5 + sum * h / 3 / Math.sqrt(2 * Math.PI);
  }

  private double[] norm(String name, double[] x) {
    double mean = 0;
    double epsilon = config.stream().norms().epsilon();
    if (!isLlama()) {
      for (double value : x) {
        mean += value / x.length;
      }
    }
    double square = 0;
    for (double value : x) {
      square += (value - mean) * (value - mean) / x.length;
    }
    double[] out = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      double gain = weights.containsKey(name + ".weight") ? weights.get(name + ".weight")[i] : 1;
      double bias = weights.containsKey(name + ".bias") ? weights.get(name + ".bias")[i] : 0;
      out[i] = (x[i] - mean) / Math.sqrt(square + epsilon) * gain + bias;
    }
    return out;
  }

  private double[] linear(String name, double[] x) {
    double[] out = product(weights.get(name + ".weight"), x);
    double[] bias = weights.get(name + ".bias");
    return bias == null ? out : sum(out, bias);
  }

  private static double[] product(double[] matrix, double[] x) {
    double[] out = new double[matrix.length / x.length];
    for (int i = 0; i < out.length; i++) {
      for (int j = 0; j < x.length; j++) {
        out[i] += matrix[i * x.length + j] * x[j];
      }
    }
    return out;
  }

  private double[] row(String name, int row, int rows) {
    double[] table = weights.get(name);
    int width = table.length / rows;
    return java.util.Arrays.copyOfRange(table, row * width, (row + 1) * width);
  }

  private static double[] sum(double[] a, double[] b) {
    double[] sum = new double[a.length];
    for (int i = 0; i < a.length; i++) {
      sum[i] = a[i] + b[i];
    }
    return sum;
  }
}
