"""Build the Hugging Face tokenizer of multilingual Whisper from openai-whisper's ranks file.

  python -m fixture_model.make_tokenizer --ranks multilingual.tiktoken --out tokenizer
"""
import argparse
import base64
import json
import os

LANGS = ("en zh de es ru ko fr ja pt tr pl ca nl ar sv it id hi fi vi he uk el ms cs ro da hu ta no th ur hr bg lt la mi ml cy sk te fa lv bn sr "
         "az sl kn et mk br eu is hy ne mn bs kk sq sw gl mr pa si km sn yo so af oc ka be tg sd gu am yi lo uz fo ht ps tk nn mt sa lb my bo tl "
         "mg as tt haw ln ha ba jw su").split()
EOT, SOT, LANG0, TRANSLATE, TRANSCRIBE, SOLM, PREV, NOSPEECH, NOTS, TS0, N_VOCAB = (
    50257, 50258, 50259, 50358, 50359, 50360, 50361, 50362, 50363, 50364, 51865)
SPECIALS = (["<|endoftext|>", "<|startoftranscript|>"] + [f"<|{x}|>" for x in LANGS] +
            ["<|translate|>", "<|transcribe|>", "<|startoflm|>", "<|startofprev|>", "<|nospeech|>", "<|notimestamps|>"])


def byte_map():
    bs = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    cs, n = bs[:], 0
    for b in range(256):
        if b not in bs:
            bs.append(b)
            cs.append(256 + n)
            n += 1
    return dict(zip(bs, map(chr, cs)))


def bpe_split(ranks, token, max_rank):
    parts = [bytes([b]) for b in token]
    while True:
        best = min(((ranks.get(a + b, 1 << 60), i) for i, (a, b) in enumerate(zip(parts, parts[1:]))), default=(1 << 60, 0))
        if best[0] >= max_rank:
            return parts
        i = best[1]
        parts = parts[:i] + [parts[i] + parts[i + 1]] + parts[i + 2:]


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--ranks", required=True)
    ap.add_argument("--out", required=True)
    a = ap.parse_args()
    ranks = {}
    for line in open(a.ranks, "rb"):
        t, r = line.split(b" ") if not line.startswith(b"=") else (b"", line.split()[-1])
        ranks[base64.b64decode(t)] = int(r)
    m = byte_map()
    s = lambda b: "".join(m[x] for x in b)
    vocab = {s(t): r for t, r in ranks.items()}
    merges = []
    for t, r in sorted(ranks.items(), key=lambda x: x[1]):
        if len(t) > 1:
            p = bpe_split(ranks, t, r)
            assert len(p) == 2, (t, p)
            merges.append([s(p[0]), s(p[1])])
    assert len(LANGS) == 99 and len(vocab) == 50257, (len(LANGS), len(vocab))
    specials = SPECIALS + ["<|%.2f|>" % (i * .02) for i in range(1501)]
    added = [dict(id=EOT + i, content=c, single_word=False, lstrip=False, rstrip=False, normalized=False, special=i < len(SPECIALS))
             for i, c in enumerate(specials)]
    assert added[-1]["id"] == N_VOCAB - 1
    tok = dict(version="1.0", truncation=None, padding=None, added_tokens=added, normalizer=None,
               pre_tokenizer=dict(type="ByteLevel", add_prefix_space=False, trim_offsets=True, use_regex=True),
               post_processor=dict(type="TemplateProcessing",
                                   single=[{"SpecialToken": {"id": x, "type_id": 0}} for x in ("<|startoftranscript|>", "<|notimestamps|>")] +
                                   [{"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "<|endoftext|>", "type_id": 0}}],
                                   pair=[{"SpecialToken": {"id": x, "type_id": 0}} for x in ("<|startoftranscript|>", "<|notimestamps|>")] +
                                   [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}},
                                    {"SpecialToken": {"id": "<|endoftext|>", "type_id": 0}}],
                                   special_tokens={x: dict(id=x, ids=[i], tokens=[x]) for x, i in
                                                   (("<|startoftranscript|>", SOT), ("<|notimestamps|>", NOTS), ("<|endoftext|>", EOT))}),
               decoder=dict(type="ByteLevel", add_prefix_space=True, trim_offsets=True, use_regex=True),
               model=dict(type="BPE", dropout=None, unk_token=None, continuing_subword_prefix="", end_of_word_suffix="",
                          fuse_unk=False, byte_fallback=False, vocab=vocab, merges=merges))
    os.makedirs(a.out, exist_ok=True)
    w = lambda f, o, **k: json.dump(o, open(os.path.join(a.out, f), "w", encoding="utf-8"), ensure_ascii=False, **k)
    w("tokenizer.json", tok)
    w("tokenizer_config.json", dict(tokenizer_class="WhisperTokenizer", add_prefix_space=False, bos_token="<|endoftext|>", eos_token="<|endoftext|>",
                                    unk_token="<|endoftext|>", pad_token="<|endoftext|>", model_max_length=448, errors="replace",
                                    clean_up_tokenization_spaces=False), indent=1)
    w("special_tokens_map.json", dict(bos_token="<|endoftext|>", eos_token="<|endoftext|>", unk_token="<|endoftext|>", pad_token="<|endoftext|>",
                                      additional_special_tokens=SPECIALS), indent=1)


if __name__ == "__main__":
    main()
