package org.llmsurgeon.model.architecture;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.llmsurgeon.model.config.Ends;
import org.llmsurgeon.model.config.Ends.HeadShape;
import org.llmsurgeon.model.config.ImageClassification;
import org.llmsurgeon.model.config.ImageShape;
import org.llmsurgeon.model.config.ModelSize;
import org.llmsurgeon.model.config.NormPlace;
import org.llmsurgeon.model.fields.BlockFields;
import org.llmsurgeon.model.fields.ConfigFields;
import org.llmsurgeon.model.fields.UngroupedFields;
import org.llmsurgeon.model.fields.Written;

/**
 * ViT and DeiT with labels of images: squares of an image as tokens, norms before the layers,
 * learned positions, biases. DeiT has a second token of its own, which its teacher was met with and
 * which the head does not read; or a second head does, and what is said is the mean of both
 * (Touvron and others 2021).
 */
final class VisionFamily {
  private static final String CLASS = "cls_token";
  private static final String TEACHER = "distillation_token";
  private static final String TWO_HEADS = "DeiTForImageClassificationWithTeacher";

  static final List<Architecture> ALL =
      List.of(
          new Family(
                  "ViTForImageClassification",
                  "vit",
                  "ViT, labels of images",
                  Set.of("is_causal"),
                  fields -> read(fields, "ViTForImageClassification", Heads.ONE, CLASS))
              .sized(UngroupedFields.NAMES),
          new Family(
                  "DeiTForImageClassification",
                  "deit",
                  "DeiT, labels of images",
                  Set.of("is_causal"),
                  fields -> read(fields, "DeiTForImageClassification", Heads.ONE, CLASS, TEACHER))
              .sized(UngroupedFields.NAMES),
          new Family(
              TWO_HEADS,
              "deit",
              "DeiT with a head for its teacher, labels of images",
              Set.of("is_causal"),
              // The same class finds both.
              Written.of(TWO_HEADS)
                  .called("ForImageClassificationWithTeacher", "AutoModelForImageClassification")
                  .sized(UngroupedFields.NAMES),
              fields -> read(fields, TWO_HEADS, Heads.TWO, CLASS, TEACHER)));

  /**
   * Modules that say labels.
   *
   * @param first reads the first token
   * @param second reads the second; null for none
   */
  private record Heads(String first, String second) {
    static final Heads ONE = new Heads("classifier", null);
    static final Heads TWO = new Heads("cls_classifier", "distillation_classifier");
  }

  /** Sides, in pixels, that no model has: what a damaged file says must not fill the memory. */
  private static final int MOST_PIXELS = 4096;

  private VisionFamily() {}

  private static Decoder read(ConfigFields fields, String name, Heads heads, String... own) {
    String prefix = name.substring(0, name.indexOf("For")).toLowerCase(Locale.ROOT) + ".";
    ImageShape image = image(fields, own.length);
    String start = prefix + "embeddings.";
    ModelSize size =
        UngroupedFields.size(
            fields, UngroupedFields.names("intermediate_size"), 1, 768, 12, 12, 3072, 1);
    boolean bias = fields.flag("qkv_bias", true);
    Ends.ImageInput input =
        new Ends.ImageInput(
            image,
            List.of(own).stream().map(each -> start + each).toList(),
            start + "patch_embeddings.projection.bias",
            null);
    int labels = labels(fields);
    HeadShape head = new HeadShape(null, null, heads.first() + ".bias", labels, heads.second());
    return new Decoder(name, size.ofImages(image))
        .blocks(BlockFields.read(fields, size, UngroupedFields.NAMES))
        .names(
            prefix,
            start + "patch_embeddings.projection.weight",
            prefix + "encoder.layer.",
            heads.first() + ".weight")
        .learnedPositions(start + "position_embeddings", 0)
        .attention(
            "attention.", "attention.query", "attention.key", "attention.value", "output.dense")
        .plain("", "intermediate.dense", "output.dense")
        .layerNorms(fields.positive("layer_norm_eps", 1e-12))
        .norm(NormPlace.BEFORE_ATTENTION, "layernorm_before")
        .norm(NormPlace.BEFORE_FEED_FORWARD, "layernorm_after")
        .norm(NormPlace.LAST, prefix + "layernorm")
        .biases(bias, true, true)
        .activation(fields.activation("hidden_act", "gelu"))
        .encoder(new Ends(null, 0, input, head, new ImageClassification(labels, image)));
  }

  private static ImageShape image(ConfigFields fields, int own) {
    int size = fields.size("image_size", 224);
    int patch = fields.size("patch_size", 16);
    int channels = fields.size("num_channels", 3);
    if (channels != 1 && channels != 3) {
      throw fields.wrong("num_channels", "1 (grey) or 3 (red, green, blue)");
    }
    if (size > MOST_PIXELS) {
      throw fields.wrong("image_size", "at most " + MOST_PIXELS);
    }
    if (patch > size) {
      throw fields.contradiction(
          "\"patch_size\" (%d) must not exceed \"image_size\" (%d)".formatted(patch, size));
    }
    return new ImageShape(size, patch, channels, own);
  }

  /** As transformers chooses the loss: one output would be a number. */
  private static int labels(ConfigFields fields) {
    String one = "single_label_classification";
    if (!fields.text("problem_type", one).equals(one)) {
      throw fields.wrong("problem_type", "\"" + one + "\"");
    }
    int labels = fields.entries("id2label", fields.size("num_labels", 2));
    if (labels == 1) {
      throw fields.wrong("id2label", "two labels at least");
    }
    return labels;
  }
}
