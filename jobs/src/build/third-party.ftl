<#-- A dependency in a line: its licences, name, coordinates and address. -->
What this program ships of others, with the licences as their build files name them. Each jar of the
folder target/app, and each folder META-INF of the bundle, has the texts that came with it.

<#list dependencyMap as entry>
${entry.getKey().name!entry.getKey().artifactId}: ${entry.getValue()?join(" or ")}
    ${entry.getKey().groupId}:${entry.getKey().artifactId}:${entry.getKey().version}<#if entry.getKey().url??>, ${entry.getKey().url}</#if>
</#list>

Inside these jars, and beside them:

OpenBLAS: BSD-3-Clause, with LAPACK (BSD-3-Clause) and GCC's runtime libraries (GPL-3.0 with the runtime library exception)
    in org.bytedeco:openblas, https://github.com/OpenMathLib/OpenBLAS
libnd4j: Apache-2.0
    in org.nd4j:nd4j-native, https://github.com/deeplearning4j/deeplearning4j
tokenizers of Hugging Face: Apache-2.0
    in ai.djl.huggingface:tokenizers, https://github.com/huggingface/tokenizers
Zstandard: BSD-3-Clause
    in com.github.luben:zstd-jni, https://github.com/facebook/zstd
Chart.js: MIT
    org.webjars.npm:chart.js, in the pages of the reports, https://www.chartjs.org
