package org.llmsurgeon.checkpoint.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.Mutations;
import org.llmsurgeon.checkpoint.storage.StrictJson;

/** {@code src/test/python/make_image_references.py} writes what the library makes of the files. */
@DisplayName("An image, beside Pillow and the image processors of transformers")
class ImageProcessorTest {
  /** Levels by which decoders of JPEG differ, whose rounding is their own. */
  private static final int OF_JPEG = 2;

  private static final ObjectMapper JSON = new ObjectMapper();

  static byte[] file(String name) {
    try (InputStream in = ImageProcessorTest.class.getResourceAsStream(name)) {
      return in.readAllBytes();
    } catch (IOException broken) {
      throw new java.io.UncheckedIOException(broken);
    }
  }

  static List<JsonNode> cases() throws IOException {
    return StreamSupport.stream(JSON.readTree(file("expected.json")).spliterator(), false).toList();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void hasTheSamePixels(JsonNode expected) {
    String name = expected.path("file").asText();
    int side = expected.path("side").asInt();
    int channels = expected.path("channels").asInt();
    ImageProcessor processor = ImageProcessor.of(expected.path("config"), "config");
    processor.require(side, channels);
    int[] own = processor.pixels(file(name), name, side, channels);
    int[] theirs = JSON.convertValue(expected.path("pixels"), int[].class);
    assertThat(own).hasSameSizeAs(theirs);
    int most = 0;
    for (int i = 0; i < own.length; i++) {
      for (int shift = 0; shift < 8 * channels; shift += 8) {
        most = Math.max(most, Math.abs((own[i] >> shift & 255) - (theirs[i] >> shift & 255)));
      }
    }
    assertThat(most).as(name).isLessThanOrEqualTo(name.endsWith("jpg") ? OF_JPEG : 0);
  }

  @Test
  void readsWhatOlderVersionsWrote() {
    String old =
        """
        {"crop_size": 224, "do_center_crop": true, "do_normalize": true, "do_resize": true,
         "feature_extractor_type": "DeiTFeatureExtractor", "image_mean": [0.485, 0.456, 0.406],
         "image_std": [0.229, 0.224, 0.225], "resample": 3, "size": 256}
        """;
    ImageProcessor processor = ImageProcessor.of(StrictJson.object(old, "old"), "old");
    processor.require(224, 3);
    assertThat(processor.resize()).isEqualTo(new ImageProcessor.Size(256, 256));
    assertThat(processor.factor()).isEqualTo(1 / 255.0);
    assertThat(processor.mean()).containsExactly(0.485, 0.456, 0.406);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"do_pad\": true} | do_pad",
        "{\"do_flip_channel_order\": true} | do_flip_channel_order",
        "{\"image_processor_type\": \"CLIPImageProcessor\"} | image_processor_type",
        "{\"size\": {\"longest_edge\": 3}} | size",
        "{\"size\": 0} | size",
        "{\"resample\": 9} | resample",
        "{\"image_std\": [0.5, 0, 0.5]} | image_std",
        "{\"image_mean\": [0.5, \"x\"]} | image_mean",
        "{\"rescale_factor\": \"x\"} | rescale_factor",
        "{\"do_center_crop\": true, \"crop_size\": {\"height\": 3, \"width\": 4}} | crop_size",
      })
  void isNotMadeInWaysThatAreNotKnown(String json, String field) {
    assertThatThrownBy(() -> ImageProcessor.of(StrictJson.object(json, "file"), "file"))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("file: field \"" + field + "\" is ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"size\": 16}",
        "{\"size\": {\"height\": 32, \"width\": 16}}",
        "{\"size\": {\"shortest_edge\": 32}}",
        "{\"size\": 40, \"do_center_crop\": true, \"crop_size\": 16}",
        "{\"size\": 16, \"do_center_crop\": true, \"crop_size\": 32}",
        "{\"size\": 32, \"image_mean\": [0.5]}",
      })
  void mustHaveTheSizeThatTheModelReads(String json) {
    ImageProcessor processor = ImageProcessor.of(StrictJson.object(json, "file"), "file");
    assertThatThrownBy(() -> processor.require(32, 3))
        .isInstanceOf(InputException.class)
        .hasMessageEndingWith("; correct one of them");
  }

  @Test
  void whoseSizeStaysMustHaveTheRightOne() {
    ImageProcessor as =
        ImageProcessor.of(StrictJson.object("{\"do_resize\": false}", "file"), "file");
    assertThatThrownBy(() -> as.pixels(file("colour.png"), "colour.png", 16, 3))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "colour.png has 37 x 23 pixels, and the model reads 16 x 16; resize it (file has"
                + " do_resize false).");
  }

  @Test
  void isRefusedWhereItIsNone() {
    byte[] text = "no image\n".getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> ImageFile.read(text, "a.png"))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "a.png is no image that can be read; give JPEG, PNG, GIF, BMP or TIFF, or leave it"
                + " out.");
  }

  @Test
  void isReadOrRefusedHoweverItIsDamaged() {
    Mutations mutations = new Mutations(3);
    List<Integer> refused = new ArrayList<>();
    for (String name : List.of("colour.png", "turned.jpg", "palette.gif", "colour.bmp")) {
      refused.add(
          mutations.holdTo(name, file(name), 250, 200, bytes -> ImageFile.read(bytes, name)));
    }
    assertThat(refused).allSatisfy(each -> assertThat(each).isBetween(1, 199));
  }
}
