"""Writes the images that ImageProcessorTest compares with: small files of every kind, and what the image
processors of transformers (5.24, over Pillow 11.3) make of them.

    python make_image_references.py ../resources/org/llmsurgeon/checkpoint/image

`expected.json` has for each case the file, the preprocessor_config.json, the side, the channels and the
pixels, before they are scaled: one number for each, red above green above blue.
"""

import json
import pathlib
import sys

import numpy
import transformers
from PIL import Image

target = pathlib.Path(sys.argv[1])
target.mkdir(parents=True, exist_ok=True)
random = numpy.random.default_rng(1)


def smooth(height, width, channels):
    """Waves and a little noise: what resizing and JPEG are made for."""
    y, x = numpy.mgrid[0:height, 0:width]
    waves = [
        128 + 90 * numpy.sin(x / (3 + c)) * numpy.cos(y / (5 - c)) + 20 * random.standard_normal((height, width))
        for c in range(channels)
    ]
    return numpy.clip(numpy.stack(waves, -1), 0, 255).astype(numpy.uint8)


colour = Image.fromarray(smooth(23, 37, 3))
grey = Image.fromarray(smooth(19, 17, 1)[..., 0])
noise = Image.fromarray(random.integers(0, 256, (30, 11, 3), dtype=numpy.uint8))
colour.save(target / "colour.png")
colour.save(target / "colour.bmp")
colour.save(target / "colour.tif")
colour.save(target / "colour.jpg", quality=95, subsampling=0)
colour.save(target / "subsampled.jpg", quality=75)
exif = Image.Exif()
exif[0x112] = 6
colour.save(target / "turned.jpg", quality=95, subsampling=0, exif=exif)
grey.save(target / "grey.png")
grey.save(target / "grey.jpg", quality=95)
Image.merge("RGBA", (*colour.split(), Image.fromarray(smooth(23, 37, 1)[..., 0]))).save(target / "alpha.png")
colour.quantize(16).save(target / "palette.png")
colour.quantize(16).save(target / "palette.gif")
noise.save(target / "noise.png")

cases = []


def case(file, channels=3, kind="ViT", **given):
    processor = getattr(transformers, kind + "ImageProcessorPil")(**given)
    config = json.loads(processor.to_json_string())
    image = transformers.image_utils.load_image(str(target / file))
    image = image.convert("L" if channels == 1 else "RGB")
    array = numpy.asarray(image)
    pixels = processor(
        array if channels == 3 else array[..., None],
        input_data_format="channels_last",
        do_rescale=False,
        do_normalize=False,
        return_tensors="np",
    )["pixel_values"][0].astype(int)
    packed = pixels[0]
    for each in pixels[1:]:
        packed = packed * 256 + each
    cases.append(
        dict(
            file=file,
            config=config,
            side=packed.shape[0],
            channels=channels,
            pixels=packed.flatten().tolist(),
        )
    )


square = dict(height=16, width=16)
for way in range(6):
    case("colour.png", size=square, resample=way)
    case("noise.png", size=square, resample=way)
case("grey.png", size=square)
case("grey.png", channels=1, size=square)
case("colour.png", channels=1, size=square, resample=3)
for file in ("colour.bmp", "colour.tif", "alpha.png", "palette.png", "palette.gif"):
    case(file, size=square)
for file in ("colour.jpg", "subsampled.jpg", "turned.jpg", "grey.jpg"):
    case(file, size=square)
case("colour.png", kind="DeiT", size=dict(height=20, width=21), crop_size=dict(height=15, width=15))
case("colour.png", kind="DeiT", size=dict(shortest_edge=18), crop_size=dict(height=15, width=15))
case("noise.png", kind="DeiT", size=dict(shortest_edge=18), crop_size=dict(height=15, width=15))
(target / "expected.json").write_text(json.dumps(cases))
