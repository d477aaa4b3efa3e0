"""Synthesise sentence clips with espeak-ng and flite (through their C libraries, for word times).

Writes DATA/clips.i16 (all clips, 16 kHz mono int16, concatenated, trimmed to the speech) and
DATA/clips.jsonl (text, words with start/end in seconds inside the clip, voice, split).
A "session" is a run of consecutive clips by one speaker configuration.
"""
import argparse
import ctypes as C
import glob
import json
import multiprocessing as mp
import os
import random

import numpy as np

from fixture_model import grammar

SR = 16000
# espeak-ng voice variants and accents never heard in training
HELD_VARIANTS = ["m5", "f4", "klatt3", "Andrea", "paul", "steph2", "Diogo", "victor", "linda", "Henrique"]
BAD_VARIANTS = {"whisper", "whisperf", "Demonic", "announcer", "fast", "UniRobot", "anikaRobot", "croak", "Tweaky",
                "Storm", "kaukovalta", "AnxiousAndy", "RicishayMax", "RicishayMax2", "RicishayMax3"} | {f"robosoft{i}" for i in ["", 2, 3, 4, 5, 6, 7, 8]}
EN_ACCENTS = ["en-us"] * 4 + ["en"] * 4 + ["en-gb-scotland", "en-gb-x-rp", "en-gb-x-gbcwmd", "en-029"]
HELD_ACCENTS = ["en-us", "en-us", "en", "en", "en-gb-x-gbclan"]
FLITE = ["slt", "rms", "awb", "kal", "kal16"]


class Ev(C.Structure):
    _fields_ = [("type", C.c_int), ("uid", C.c_uint), ("pos", C.c_int), ("len", C.c_int), ("ms", C.c_int),
                ("sample", C.c_int), ("ud", C.c_void_p), ("id", C.c_char * 8)]


class Espeak:
    def __init__(self):
        self.lib = C.CDLL("libespeak-ng.so.1")
        self.rate = self.lib.espeak_Initialize(2, 0, None, 0)
        cbt = C.CFUNCTYPE(C.c_int, C.POINTER(C.c_short), C.c_int, C.POINTER(Ev))
        self.buf, self.ev = [], []

        def cb(wav, n, ev):
            if wav and n:
                self.buf.append(np.ctypeslib.as_array(wav, (n,)).copy())
            i = 0
            while ev[i].type:
                if ev[i].type == 1:
                    self.ev.append((ev[i].pos - 1, ev[i].ms / 1000))
                i += 1
            return 0
        self.cb = cbt(cb)
        self.lib.espeak_SetSynthCallback(self.cb)

    def __call__(self, text, voice, rate, pitch, prange, gap):
        self.buf.clear()
        self.ev.clear()
        if self.lib.espeak_SetVoiceByName(voice.encode()) != 0:
            raise RuntimeError(voice)
        for p, v in ((1, rate), (2, 90), (3, pitch), (4, prange), (7, gap)):
            self.lib.espeak_SetParameter(p, v, 0)
        b = text.encode()
        self.lib.espeak_Synth(b, len(b) + 1, 0, 1, 0, 1, None, None)
        self.lib.espeak_Synchronize()
        x = np.concatenate(self.buf).astype(np.float32) / 32768
        words, at = text.split(), []
        p = 0
        for w in words:
            at.append(p)
            p += len(w) + 1
        start = {pos: t for pos, t in self.ev}
        known = [(i, start[a]) for i, a in enumerate(at) if a in start]
        if not known or known[0][0] != 0:
            known.insert(0, (0, 0.0))
        known.append((len(words), len(x) / self.rate))
        out = []
        for (i, s), (j, e) in zip(known, known[1:]):  # words espeak merged ("in the") share by letters
            n = [len(w) for w in words[i:j]]
            c = np.cumsum([0] + n) / max(1, sum(n))
            out += [[w, s + (e - s) * c[k], s + (e - s) * c[k + 1]] for k, w in enumerate(words[i:j])]
        return x, self.rate, out


class Wave(C.Structure):
    _fields_ = [("type", C.c_char_p), ("sr", C.c_int), ("n", C.c_int), ("ch", C.c_int), ("s", C.POINTER(C.c_short))]


class Voice(C.Structure):
    _fields_ = [("name", C.c_char_p), ("features", C.c_void_p)]


class Flite:
    def __init__(self):
        for lib in ("libflite.so.1", "libflite_usenglish.so.1", "libflite_cmulex.so.1"):
            h = C.CDLL(lib, mode=C.RTLD_GLOBAL)
            self.lib = self.__dict__.get("lib", h)
        P, S = C.c_void_p, C.c_char_p
        for f, r, a in (("flite_synth_text", P, [S, P]), ("utt_wave", C.POINTER(Wave), [P]), ("utt_relation", P, [P, S]),
                        ("relation_head", P, [P]), ("item_next", P, [P]), ("item_feat_float", C.c_float, [P, S]),
                        ("ffeature_string", S, [P, S]), ("path_to_item", P, [P, S]), ("delete_utterance", None, [P]),
                        ("flite_feat_set_float", None, [P, S, C.c_float])):
            g = getattr(self.lib, f)
            g.restype, g.argtypes = r, a
        self.lib.flite_init()
        self.v = {}
        for v in FLITE:
            h = C.CDLL(f"libflite_cmu_us_{v}.so.1", mode=C.RTLD_GLOBAL)
            reg = getattr(h, f"register_cmu_us_{v}")
            reg.restype, reg.argtypes = P, [S]
            self.v[v] = reg(None)

    def __call__(self, text, voice, stretch, f0):
        L, p = self.lib, self.v[voice]
        feats = C.cast(p, C.POINTER(Voice)).contents.features
        L.flite_feat_set_float(feats, b"duration_stretch", stretch)
        if voice in ("kal", "kal16"):
            L.flite_feat_set_float(feats, b"int_f0_target_mean", f0)
        u = L.flite_synth_text(text.encode(), p)
        w = L.utt_wave(u).contents
        x = np.ctypeslib.as_array(w.s, (w.n,)).astype(np.float32) / 32768
        sr = w.sr
        got, last, prev_end = [], None, 0.0
        it = L.relation_head(L.utt_relation(u, b"Segment"))
        while it:
            end = L.item_feat_float(it, b"end")
            wi = L.path_to_item(it, b"R:SylStructure.parent.parent")
            if wi:
                if wi != last:
                    got.append([L.ffeature_string(it, b"R:SylStructure.parent.parent.name").decode(), prev_end, end])
                got[-1][2] = end
            last, prev_end = wi, end
            it = L.item_next(it)
        L.delete_utterance(u)
        words = text.split()
        if len(got) != len(words):
            return None
        return x, sr, [[w, s, e] for w, (_, s, e) in zip(words, got)]


def finish(x, sr, words, r):
    """Speed change by resampling, to 16 kHz, trim to the speech."""
    import soxr
    k = r.uniform(.93, 1.07)
    return trim(soxr.resample(x, sr, SR / k, quality="HQ"), k, words)


def trim(y, k, words):
    """Cut 16 kHz speech, played k times as fast as its word times, at its ends; full level, times in step."""
    n = len(y) // 80
    e = np.sqrt((y[:n * 80].reshape(n, 80) ** 2).mean(1) + 1e-12)
    on = np.where(e > e.max() * 10 ** (-42 / 20))[0]
    a, b = on[0] * 80, (on[-1] + 1) * 80
    y = y[a:b]
    dur = len(y) / SR
    ws = [[w, min(max(s / k - a / SR, 0), dur), min(max(t / k - a / SR, 0), dur)] for w, s, t in words]
    ws[0][1], ws[-1][2] = 0.0, dur
    y = y / max(1e-4, np.abs(y).max()) * .9
    return (y * 32767).astype(np.int16), [[w, round(s, 3), round(t, 3)] for w, s, t in ws]


def variants():
    v = set()
    for d in ("/usr/lib/*/espeak-ng-data/voices/!v", "/usr/share/espeak-ng-data/voices/!v"):
        for f in glob.glob(d + "/*"):
            v.add(os.path.basename(f))
    return sorted(v - BAD_VARIANTS - set(HELD_VARIANTS))


def work(job):
    seed, engine, lang, split, n_sent = job
    global _es, _fl
    r = random.Random(seed)
    if engine == "espeak":
        acc = {"de": ["de"]}.get(lang) or (HELD_ACCENTS if split == "test" else EN_ACCENTS)
        var = HELD_VARIANTS if split == "test" else variants() + [""] * 6
        v = r.choice(var)
        voice = r.choice(acc) + ("+" + v if v else "")
        cfg = dict(rate=r.randint(115, 205), pitch=r.randint(25, 80), prange=r.randint(25, 75), gap=r.choice([0, 0, 0, 1, 2, 4]))
    else:
        voice = r.choice(FLITE)
        cfg = dict(stretch=r.uniform(.85, 1.25), f0=r.uniform(85, 190))
    out = []
    while len(out) < n_sent:
        t = grammar.sentence(r, lang)
        if grammar.is_heldout(t) != (split == "test"):
            continue
        say = t[:-1].replace("xray", "x-ray") if engine == "flite" else t[:-1]
        try:
            if engine == "espeak":
                if "_es" not in globals():
                    _es = Espeak()
                res = _es(say, voice, **cfg)
            else:
                if "_fl" not in globals():
                    _fl = Flite()
                res = _fl(say.lower(), voice, **cfg)
                if res is None:
                    continue
        except Exception as ex:
            return out, repr(ex)
        x, sr, ws = res
        y, ws = finish(x, sr, ws, r)
        for a, w in zip(ws, t.split()):
            a[0] = w
        if len(y) > 12 * SR or len(y) < .15 * SR:
            continue
        out.append((y, dict(text=t, words=ws, engine=engine, voice=voice, lang=lang, split=split, session=seed)))
    return out, None


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--data", default="data")
    ap.add_argument("--espeak", type=int, default=16000)
    ap.add_argument("--flite", type=int, default=7000)
    ap.add_argument("--german", type=int, default=2400)
    ap.add_argument("--procs", type=int, default=2)
    a = ap.parse_args()
    os.makedirs(a.data, exist_ok=True)
    per = 6
    jobs, seed = [], 0
    for engine, lang, split, n in (("espeak", "en", "train", a.espeak), ("flite", "en", "train", a.flite), ("espeak", "de", "train", a.german),
                                   ("espeak", "en", "test", 360), ("flite", "en", "test", 180), ("espeak", "de", "test", 90)):
        for _ in range(n // per):
            seed += 1
            jobs.append((seed, engine, lang, split, per))
    pos, errs = 0, {}
    with open(os.path.join(a.data, "clips.i16"), "wb") as fb, open(os.path.join(a.data, "clips.jsonl"), "w") as fj, mp.Pool(a.procs) as pool:
        for out, err in pool.imap(work, jobs, chunksize=8):
            if err:
                errs[err] = errs.get(err, 0) + 1
            for y, m in out:
                m["off"], m["n"] = pos, len(y)
                fb.write(y.tobytes())
                pos += len(y)
                fj.write(json.dumps(m, ensure_ascii=False) + "\n")
    print("hours", pos / SR / 3600, "errors", errs)


if __name__ == "__main__":
    main()
