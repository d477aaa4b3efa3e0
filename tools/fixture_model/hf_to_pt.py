"""Hugging Face folder -> openai-whisper checkpoint (whisper.load_model("whisper-fixture.pt")).

  python -m fixture_model.hf_to_pt --hf out/whisper-fixture-hf --out out/whisper-fixture.pt
"""
import argparse
import json
import os

import torch
from safetensors.torch import load_file

from fixture_model.convert import MAP


def from_hf(name):
    name = name.removeprefix("model.")
    for a, b in (("encoder.layer_norm", "encoder.ln_post"), ("decoder.layer_norm", "decoder.ln")):
        name = name.replace(a, b)
    for a, b in MAP:
        name = name.replace(b, a) if a not in ("ln_post", "decoder.ln.") else name
    return name


def load(folder):
    c = json.load(open(os.path.join(folder, "config.json")))
    sd = {from_hf(k): v for k, v in load_file(os.path.join(folder, "model.safetensors")).items() if k != "proj_out.weight"}
    dims = dict(n_mels=c["num_mel_bins"], n_vocab=c["vocab_size"], n_audio_ctx=c["max_source_positions"], n_audio_state=c["d_model"],
                n_audio_head=c["encoder_attention_heads"], n_audio_layer=c["encoder_layers"], n_text_ctx=c["max_target_positions"],
                n_text_state=c["d_model"], n_text_head=c["decoder_attention_heads"], n_text_layer=c["decoder_layers"])
    return dims, sd


if __name__ == "__main__":
    ap = argparse.ArgumentParser()
    ap.add_argument("--hf", default="out/whisper-fixture-hf")
    ap.add_argument("--out", default="out/whisper-fixture.pt")
    a = ap.parse_args()
    dims, sd = load(a.hf)
    torch.save(dict(dims=dims, model_state_dict=sd), a.out)
    print(dims, os.path.getsize(a.out))
