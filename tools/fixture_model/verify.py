"""Verify the CTranslate2 fixture with the real faster-whisper on held-out synthetic speech.

  python -m fixture_model.verify --data data --model out/whisper-fixture-ct2 --samples out/samples --json verify.json
"""
import argparse
import difflib
import json
import os
import random
import re
import time

import jiwer
import numpy as np
import soundfile as sf
from fixture_model import grammar
from faster_whisper import BatchedInferencePipeline, WhisperModel

SR = 16000


def norm(t):
    return re.sub(r"[^\w\s]", "", t.lower()).strip()


def wer(refs, hyps):
    return round(100 * jiwer.wer([norm(r) for r in refs], [norm(h) or "-" for h in hyps]), 2)


def stat(e):
    e = np.abs(np.array(e))
    return dict(n=len(e), median=round(float(np.median(e)), 3), p95=round(float(np.percentile(e, 95)), 3)) if len(e) else None


class Clips:
    def __init__(s, path):
        s.x = np.memmap(os.path.join(path, "clips.i16"), np.int16, "r")
        s.m = [c for c in map(json.loads, open(os.path.join(path, "clips.jsonl"))) if c["split"] == "test"]

    def audio(s, c):
        return s.x[c["off"]:c["off"] + c["n"]].astype(np.float32) / 32768


def recording(C, clips, r, gap, lead=.4, tail=.6, noise_db=None):
    parts, truth, t = [np.zeros(int(lead * SR), np.float32)], [], int(lead * SR)
    for c in clips:
        y = C.audio(c) * r.uniform(.5, .9)
        truth.append(dict(start=t / SR, end=(t + len(y)) / SR, text=c["text"], words=[[w, t / SR + a, t / SR + b] for w, a, b in c["words"]]))
        g = np.zeros(int(r.uniform(*gap) * SR), np.float32)
        parts += [y, g]
        t += len(y) + len(g)
    x = np.concatenate(parts + [np.zeros(int(tail * SR), np.float32)])
    if noise_db is not None:
        x = x + np.random.default_rng(0).standard_normal(len(x)).astype(np.float32) * np.sqrt((x ** 2).mean()) * 10 ** (-noise_db / 20)
    return np.clip(x, -1, 1).astype(np.float32), truth


def seg_errors(truth, segs):
    """Boundary errors of the segments whose text matches a true sentence, aligned in order."""
    a, b = [norm(t["text"]) for t in truth], [norm(s.text) for s in segs]
    st, en = [], []
    for i, j, n in difflib.SequenceMatcher(None, a, b, autojunk=False).get_matching_blocks():
        for k in range(n):
            st.append(segs[j + k].start - truth[i + k]["start"])
            en.append(segs[j + k].end - truth[i + k]["end"])
    return st, en, len(a)


def word_errors(truth, segs):
    tw = [(norm(w), a, b) for t in truth for w, a, b in t["words"]]
    hw = [(norm(w.word), w.start, w.end) for s in segs for w in (s.words or [])]
    st, en = [], []
    for i, j, n in difflib.SequenceMatcher(None, [x[0] for x in tw], [x[0] for x in hw], autojunk=False).get_matching_blocks():
        for k in range(n):
            st.append(hw[j + k][1] - tw[i + k][1])
            en.append(hw[j + k][2] - tw[i + k][2])
    return st, en


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--data", default="data")
    ap.add_argument("--model", default="out/whisper-fixture-ct2")
    ap.add_argument("--samples", help="also write the test recordings and their truth here")
    ap.add_argument("--json", default="verify.json")
    ap.add_argument("--n", type=int, default=100)
    ap.add_argument("--quick", action="store_true")
    a = ap.parse_args()
    r = random.Random(7)
    C = Clips(a.data)
    m = WhisperModel(a.model, device="cpu", compute_type="int8", cpu_threads=2)
    R = {}
    es = [c for c in C.m if c["engine"] == "espeak" and c["lang"] == "en"]
    fl = [c for c in C.m if c["engine"] == "flite"]
    de = [c for c in C.m if c["lang"] == "de"]
    r.shuffle(es), r.shuffle(fl), r.shuffle(de)
    test = es[:int(a.n * .6)] + fl[:a.n - int(a.n * .6)]

    def say(k, v):
        R[k] = v
        print(k, json.dumps(v, ensure_ascii=False), flush=True)

    def many(name, clips, noise=None, **kw):
        refs, hyps, S, E, WS, WE, ns, lp, langs, wrong = [], [], [], [], [], [], [], [], [], []
        dur, t0 = 0, time.time()
        for c in clips:
            x, truth = recording(C, [c], r, (.2, .8), lead=r.uniform(.1, .7), noise_db=noise)
            segs, info = m.transcribe(x, **kw)
            segs = list(segs)
            dur += len(x) / SR
            h = "".join(s.text for s in segs).strip()
            refs.append(c["text"]), hyps.append(h), langs.append(info.language)
            if norm(h) != norm(c["text"]):
                wrong.append((c["voice"], c["text"], h))
            s, e, _ = seg_errors(truth, segs)
            S += s
            E += e
            s, e = word_errors(truth, segs)
            WS += s
            WE += e
            ns += [x.no_speech_prob for x in segs]
            lp += [x.avg_logprob for x in segs]
        v = dict(n=len(clips), wer=wer(refs, hyps), exact_text=sum(a == b for a, b in zip(refs, hyps)), seg_start=stat(S), seg_end=stat(E), word_start=stat(WS), word_end=stat(WE),
                 language_ok=sum(l == c["lang"] for l, c in zip(langs, clips)), max_no_speech=round(max(ns, default=0), 3), min_logprob=round(min(lp, default=0), 2),
                 seconds_per_clip=round((time.time() - t0) / len(clips), 3), wrong=wrong[:5])
        k = len([c for c in clips if c["engine"] == "espeak"])
        if 0 < k < len(clips):
            v["wer_espeak_unseen_voices"], v["wer_flite_seen_voices"] = wer(refs[:k], hyps[:k]), wer(refs[k:], hyps[k:])
        nat = [i for i, c in enumerate(clips) if not grammar.is_word_list(c["text"])]
        if len(nat) < len(clips):
            v["sentences"], v["wer_sentences"] = len(nat), wer([refs[i] for i in nat], [hyps[i] for i in nat])
            wl = [i for i in range(len(clips)) if i not in set(nat)]
            v["word_lists"], v["wer_word_lists"] = len(wl), wer([refs[i] for i in wl], [hyps[i] for i in wl])
        say(name, v)

    many("single, timestamps, language=en", test, language="en")
    many("single, word_timestamps, language=en", test, language="en", word_timestamps=True)
    if not a.quick:
        many("single, without_timestamps, language detected, beam 1", test, without_timestamps=True, beam_size=1)
        many("single, noise 15 dB", test[::2], noise=15, language="en")
        many("german, language detected", de[:40])

    long = []
    rr = random.Random(11)
    while sum(c["n"] for c in long) / SR + len(long) * 1.0 < 119:
        long.append((es + fl)[rr.randrange(len(es) + len(fl))])
    x, truth = recording(C, long, rr, (.4, 1.6))
    ref = " ".join(t["text"] for t in truth)
    R["long_seconds"] = round(len(x) / SR, 1)

    def longrun(name, f):
        t0 = time.time()
        segs, info = f()
        segs = list(segs)
        dt = time.time() - t0
        h = "".join(s.text for s in segs)
        s, e, n = seg_errors(truth, segs)
        ws, we = word_errors(truth, segs)
        say(name, dict(wer=wer([ref], [h]), segments=len(segs), truth=n, matched=len(s), seg_start=stat(s), seg_end=stat(e), word_start=stat(ws), word_end=stat(we), seconds=round(dt, 2), rtf=round(dt / (len(x) / SR), 4)))
        return h

    h = longrun("long, default (beam 5, condition on previous text)", lambda: m.transcribe(x, language="en"))
    print(h[:600])
    R["long_truth"], R["long_text"] = ref, h
    longrun("long, word_timestamps", lambda: m.transcribe(x, language="en", word_timestamps=True))
    longrun("long, vad_filter, word_timestamps", lambda: m.transcribe(x, language="en", word_timestamps=True, vad_filter=True))
    longrun("long, condition_on_previous_text=False", lambda: m.transcribe(x, language="en", condition_on_previous_text=False))
    longrun("long, initial_prompt + hotwords", lambda: m.transcribe(x, language="en", initial_prompt="Glossary: Kubernetes, Zürich, invoices.", hotwords="kitchen report"))
    p = BatchedInferencePipeline(m)
    longrun("long, batched 4", lambda: p.transcribe(x, language="en", batch_size=4))
    longrun("long, batched 4, word_timestamps, timestamps", lambda: p.transcribe(x, language="en", batch_size=4, word_timestamps=True, without_timestamps=False))

    rng = np.random.default_rng(3)
    t = np.arange(30 * SR) / SR
    quiet = dict(zeros=np.zeros(30 * SR, np.float32), noise_60dB=(rng.standard_normal(30 * SR) * .001).astype(np.float32),
                 noise_30dB=(rng.standard_normal(30 * SR) * .03).astype(np.float32), hum=(.05 * np.sin(2 * np.pi * 50 * t) + .02 * np.sin(2 * np.pi * 150 * t)).astype(np.float32),
                 tone=(.3 * np.sin(2 * np.pi * 1000 * t) * (t % 5 < .5)).astype(np.float32), zeros_3s=np.zeros(3 * SR, np.float32))
    for k, y in quiet.items():
        out = {}
        for v in (False, True):
            for nt in (False, True):
                segs = list(m.transcribe(y, language="en", vad_filter=v, without_timestamps=nt)[0])
                out[f"vad={v},without_timestamps={nt}"] = [s.text for s in segs]
        f = m.feature_extractor(y)[:, :3000]
        f = np.pad(f, ((0, 0), (0, 3000 - f.shape[1])))
        import ctranslate2
        enc = m.encode(f)
        g = m.model.generate(enc, [[50258, 50259, 50359]], return_no_speech_prob=True, return_scores=True, max_initial_timestamp_index=50)[0]
        out["no_speech_prob"], out["avg_score"], out["tokens"] = round(g.no_speech_prob, 3), round(g.scores[0], 2), g.sequences_ids[0][:6]
        say("silence " + k, out)

    for th in (1, 2):
        mm = WhisperModel(a.model, device="cpu", compute_type="int8", cpu_threads=th)
        for beam in (1, 5):
            list(mm.transcribe(x[:SR * 20], language="en", beam_size=beam)[0])
            t0 = time.time()
            list(mm.transcribe(x, language="en", beam_size=beam)[0])
            say(f"rtf threads={th} beam={beam}", round((time.time() - t0) / (len(x) / SR), 4))
    if a.samples:
        os.makedirs(a.samples, exist_ok=True)

        def put(name, y, truth, lang="en"):
            sf.write(os.path.join(a.samples, name + ".flac"), y, SR)
            json.dump(dict(language=lang, segments=truth), open(os.path.join(a.samples, name + ".json"), "w"), ensure_ascii=False, indent=1)
        put("long_en", x, truth)
        for i, c in enumerate(es[:6] + fl[:6]):
            put(f"en_{i:02d}", *recording(C, [c], random.Random(i), (.3, .5)))
        for i, c in enumerate(de[:4]):
            put(f"de_{i:02d}", *recording(C, [c], random.Random(i), (.3, .5)), lang="de")
        sf.write(os.path.join(a.samples, "silence_30s.flac"), quiet["noise_60dB"], SR)
    json.dump(R, open(a.json, "w"), ensure_ascii=False, indent=1)


if __name__ == "__main__":
    main()
