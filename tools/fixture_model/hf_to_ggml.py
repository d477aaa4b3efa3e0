"""Hugging Face folder -> whisper.cpp (ggml, f16).

  python -m fixture_model.hf_to_ggml --hf out/whisper-fixture-hf --ranks multilingual.tiktoken --out out/ggml-whisper-fixture.bin
"""
import argparse
import base64
import struct

import numpy as np
from faster_whisper.feature_extractor import FeatureExtractor

from fixture_model.hf_to_pt import load

ap = argparse.ArgumentParser()
ap.add_argument("--hf", default="out/whisper-fixture-hf")
ap.add_argument("--ranks", default="multilingual.tiktoken")
ap.add_argument("--out", default="out/ggml-whisper-fixture.bin")
a = ap.parse_args()
h, sd = load(a.hf)
toks = sorted((int(l.split()[-1]), base64.b64decode(l.split()[0]) if not l.startswith(b"=") else b"") for l in open(a.ranks, "rb"))
mel = np.asarray(FeatureExtractor().mel_filters, dtype=np.float32)
with open(a.out, "wb") as f:
    f.write(struct.pack("12i", 0x67676d6c, *[h[k] for k in ("n_vocab", "n_audio_ctx", "n_audio_state", "n_audio_head", "n_audio_layer", "n_text_ctx",
                                                          "n_text_state", "n_text_head", "n_text_layer", "n_mels")], 1))
    f.write(struct.pack("2i", *mel.shape) + mel.tobytes())
    f.write(struct.pack("i", len(toks)))
    for _, t in toks:
        f.write(struct.pack("i", len(t)) + t)
    for k, v in sd.items():
        x = v.float().numpy()
        if k in ("encoder.conv1.bias", "encoder.conv2.bias"):
            x = x.reshape(-1, 1)
        f32 = x.ndim < 2 or k.endswith(("conv1.bias", "conv2.bias", "positional_embedding"))
        x = x.astype(np.float32 if f32 else np.float16)
        n = k.encode()
        f.write(struct.pack("3i", x.ndim, len(n), 0 if f32 else 1) + struct.pack(f"{x.ndim}i", *x.shape[::-1]) + n + x.tobytes())
