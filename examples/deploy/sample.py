import glob
import json

import numpy as np
import onnxruntime as ort

# The metadata of the files hold the same information as model.json.
for file in glob.glob("*.onnx"):
    session = ort.InferenceSession(file)
    facts = session.get_modelmeta().custom_metadata_map
    [(name, z), *_] = json.loads(facts["inputs"]).items()
    if z.get("prior"):
        break

rng = np.random.default_rng()
shape = [1, *z["shape"][1:]]
noise = rng.standard_normal(shape) if z["prior"] == "standard normal" else rng.random(shape)
image = session.run(None, {name: noise.astype(np.float32)})[0][0]  # [channels, height, width] in [0, 1]

pixels = np.rint(255 * np.clip(image, 0, 1)).astype(np.uint8).transpose(1, 2, 0)
with open("sample.ppm", "wb") as picture:
    picture.write(b"P%d %d %d 255\n" % (5 if len(image) == 1 else 6, pixels.shape[1], pixels.shape[0]))
    picture.write(pixels.tobytes())
