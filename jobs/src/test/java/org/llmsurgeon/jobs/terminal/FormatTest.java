package org.llmsurgeon.jobs.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Locale;
import org.junit.jupiter.api.Test;

class FormatTest {
  @Test
  void perplexitiesShowTheDigitsThatTellSomething() {
    assertThat(Format.perplexity(9.31049)).isEqualTo("9.310");
    assertThat(Format.perplexity(1234.56)).isEqualTo("1234.6");
    assertThat(Format.perplexity(12_345_678)).isEqualTo("1.235e+07");
    assertThat(Format.perplexity(Double.POSITIVE_INFINITY)).isEqualTo("Infinity");
  }

  @Test
  void timesUseTheLargestUnitThatFits() {
    assertThat(Format.seconds(0.04)).isEqualTo("0.0 s");
    assertThat(Format.seconds(59.94)).isEqualTo("59.9 s");
    assertThat(Format.seconds(60)).isEqualTo("1 min 00 s");
    assertThat(Format.seconds(3599)).isEqualTo("59 min 59 s");
    assertThat(Format.seconds(3600)).isEqualTo("1 h 00 min");
    assertThat(Format.seconds(2 * 3600 + 305)).isEqualTo("2 h 05 min");
  }

  @Test
  void sizesUseBinaryUnits() {
    assertThat(Format.bytes(1023)).isEqualTo("1023 bytes");
    assertThat(Format.bytes(1536)).isEqualTo("1.5 KiB");
    assertThat(Format.bytes(20L << 30)).isEqualTo("20 GiB");
  }

  @Test
  void nothingDependsOnTheLocale() {
    Locale before = Locale.getDefault();
    Locale.setDefault(Locale.GERMANY);
    try {
      assertThat(Format.count(1_234_567)).isEqualTo("1,234,567");
      assertThat(Format.percent(0.49999)).isEqualTo("50.00 %");
      assertThat(Format.number(1234.5, 1)).isEqualTo("1,234.5");
      assertThat(Format.plural(1, "shot")).isEqualTo("1 shot");
      assertThat(Format.plural(40, "shot")).isEqualTo("40 shots");
    } finally {
      Locale.setDefault(before);
    }
  }
}
