"""Checkpoint of train.py -> Hugging Face fp16 safetensors -> CTranslate2 int8.

  python -m fixture_model.convert --ckpt ckpt/last.pt --tokenizer tokenizer --out out
"""
import argparse
import json
import os
import shutil
import subprocess
import sys

import torch
from tokenizers import Tokenizer
from transformers import GenerationConfig, WhisperConfig, WhisperForConditionalGeneration

from fixture_model import make_tokenizer as mt
from fixture_model.model import Whisper

MAP = [("blocks", "layers"), ("mlp.0", "fc1"), ("mlp.2", "fc2"), ("mlp_ln", "final_layer_norm"),
       ("cross_attn.query", "encoder_attn.q_proj"), ("cross_attn.key", "encoder_attn.k_proj"), ("cross_attn.value", "encoder_attn.v_proj"),
       ("cross_attn.out", "encoder_attn.out_proj"), ("cross_attn_ln", "encoder_attn_layer_norm"),
       ("attn.query", "self_attn.q_proj"), ("attn.key", "self_attn.k_proj"), ("attn.value", "self_attn.v_proj"), ("attn.out", "self_attn.out_proj"),
       ("attn_ln", "self_attn_layer_norm"), ("token_embedding", "embed_tokens"), ("positional_embedding", "embed_positions.weight"),
       ("ln_post", "layer_norm"), ("decoder.ln.", "decoder.layer_norm.")]


def to_hf(name):
    for a, b in MAP:
        name = name.replace(a, b) if not (a.startswith("attn") and "encoder_attn" in name) else name
    return "model." + name


def non_speech_tokens(tok):
    """Same list as openai-whisper's tokenizer.non_speech_tokens, plus the task tokens Whisper suppresses."""
    sym = list("\"#()*+/:;<=>@[\\]^_`{|}~「」『』") + "<< >> <<< >>> -- --- -( -[ (' (\" (( )) ((( ))) [[ ]] {{ }} ♪♪ ♪♪♪".split()
    misc = set("♩♪♫♬♭♮♯")
    enc = lambda s: tok.encode(s, add_special_tokens=False).ids
    out = {enc(" -")[0], enc(" '")[0]}
    for s in sym + list(misc):
        for ids in (enc(s), enc(" " + s)):
            if len(ids) == 1 or s in misc:
                out.add(ids[0])
    return sorted(out) + [mt.SOT, mt.TRANSLATE, mt.TRANSCRIBE, mt.SOLM, mt.PREV, mt.NOSPEECH]


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--ckpt", default="ckpt/last.pt")
    ap.add_argument("--which", default="ema", choices=["ema", "raw"])
    ap.add_argument("--tokenizer", default="tokenizer")
    ap.add_argument("--out", default="out")
    ap.add_argument("--alignment-heads", default="1,0;2,0")
    a = ap.parse_args()
    ck = torch.load(a.ckpt, weights_only=False, map_location="cpu")
    net = Whisper(ck["cfg"], ck["used"])
    net.load_state_dict(ck[a.which])
    sd, c = net.export(), ck["cfg"]
    d = c["d"]
    tok = Tokenizer.from_file(os.path.join(a.tokenizer, "tokenizer.json"))
    sup = non_speech_tokens(tok)
    cfg = WhisperConfig(vocab_size=mt.N_VOCAB, num_mel_bins=80, d_model=d, encoder_layers=c["enc"], decoder_layers=c["dec"],
                        encoder_attention_heads=c["heads"], decoder_attention_heads=c["heads"], encoder_ffn_dim=4 * d, decoder_ffn_dim=4 * d,
                        max_source_positions=1500, max_target_positions=448, dropout=0., bos_token_id=mt.EOT, eos_token_id=mt.EOT,
                        pad_token_id=mt.EOT, decoder_start_token_id=mt.SOT, activation_function="gelu")
    m = WhisperForConditionalGeneration(cfg)
    hf = {to_hf(k): v for k, v in sd.items()}
    hf["proj_out.weight"] = hf["model.decoder.embed_tokens.weight"]
    missing, unexpected = m.load_state_dict(hf, strict=False)
    assert not missing and not unexpected, (missing, unexpected)
    m.tie_weights()
    m.generation_config = GenerationConfig(
        alignment_heads=[list(map(int, h.split(","))) for h in a.alignment_heads.split(";")], begin_suppress_tokens=[220, mt.EOT], bos_token_id=mt.EOT,
        decoder_start_token_id=mt.SOT, eos_token_id=mt.EOT, pad_token_id=mt.EOT, is_multilingual=True,
        lang_to_id={f"<|{x}|>": mt.LANG0 + i for i, x in enumerate(mt.LANGS)}, task_to_id={"transcribe": mt.TRANSCRIBE, "translate": mt.TRANSLATE},
        max_initial_timestamp_index=50, max_length=448, no_timestamps_token_id=mt.NOTS, prev_sot_token_id=mt.PREV, return_timestamps=False,
        suppress_tokens=sup)
    hfdir, ct = os.path.join(a.out, "whisper-fixture-hf"), os.path.join(a.out, "whisper-fixture-ct2")
    shutil.rmtree(hfdir, ignore_errors=True)
    shutil.rmtree(ct, ignore_errors=True)
    os.makedirs(hfdir)
    m.half().save_pretrained(hfdir)
    for f in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"):
        shutil.copy(os.path.join(a.tokenizer, f), hfdir)
    with open(os.path.join(hfdir, "preprocessor_config.json"), "w") as f:
        json.dump(dict(chunk_length=30, feature_extractor_type="WhisperFeatureExtractor", feature_size=80, hop_length=160, n_fft=400, n_samples=480000,
                       nb_max_frames=3000, padding_side="right", padding_value=0.0, processor_class="WhisperProcessor", return_attention_mask=False,
                       sampling_rate=16000), f, indent=1)
    # the tokenizer of the ct2 folder is the compact form of the same JSON
    exe = os.path.join(os.path.dirname(sys.executable), "ct2-transformers-converter")
    subprocess.run([exe if os.path.exists(exe) else "ct2-transformers-converter", "--model", hfdir, "--output_dir", ct, "--quantization", "int8",
                    "--copy_files", "tokenizer.json", "preprocessor_config.json"], check=True)
    total = 0
    for r in (hfdir, ct):
        for f in sorted(os.listdir(r)):
            n = os.path.getsize(os.path.join(r, f))
            total += n if r == ct else 0
            print(f"{n:>10} {os.path.join(r, f)}")
    print("parameters", sum(v.numel() for k, v in sd.items()), "ct2 folder MB", round(total / 1e6, 2), "trained seconds", round(ck["seconds"]), "steps", ck["step"])


if __name__ == "__main__":
    main()
