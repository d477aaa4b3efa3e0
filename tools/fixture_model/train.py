"""Train the fixture. Windows are composed and augmented on the fly from the clips of synthesise.py.

The schedule is by wall time: phase A 4 s windows, B 10 s, C the real 30 s. In A and B a window may sit at any
place of the 30 s (position offset), so that all timestamp tokens learn from the start.
Besides Whisper's own loss two helpers are used: the word spoken at each encoder frame (head thrown away), and
guided attention of a few decoder heads (they become the alignment heads for word timestamps).
"""
import argparse
import json
import math
import os
import random
import time

import numpy as np
import torch
import torch.nn.functional as F
from faster_whisper.feature_extractor import FeatureExtractor
from tokenizers import Tokenizer

from fixture_model import grammar
from fixture_model import make_tokenizer as mt
from fixture_model.model import Whisper

SR = 16000
PROMPTS = [.3, .25]  # share of windows with a prompt; share of those that may be long


class Data:
    def __init__(s, path, tok):
        s.x = np.memmap(os.path.join(path, "clips.i16"), np.int16, "r")
        s.m = [json.loads(l) for l in open(os.path.join(path, "clips.jsonl"))]
        s.tok = Tokenizer.from_file(os.path.join(tok, "tokenizer.json"))
        words = sorted({w.lower().strip(".") for c in s.m for w, _, _ in c["words"]})
        s.word_id = {w: i + 1 for i, w in enumerate(words)}
        s.sets = {(l, p): [i for i, c in enumerate(s.m) if c["lang"] == l and c["split"] == p] for l in ("en", "de") for p in ("train", "test")}
        s.sets["en", "train"] += [i for i in s.sets["en", "train"] if s.m[i]["engine"] == "flite"]  # flite counts twice: the harder half
        used, cache = set(), {}
        for c in s.m:
            c["tok"] = []
            for k, (w, a, b) in enumerate(c["words"]):
                if w not in cache:
                    e = s.tok.encode(" " + w, add_special_tokens=False)
                    cache[w] = (e.ids, [len(t) for t in e.tokens])
                ids, n = cache[w]
                stop = ids[-1] == 13
                body = sum(n) - (1 if stop else 0)
                p = 0
                for i, (t, l) in enumerate(zip(ids, n)):
                    if stop and i == len(ids) - 1:
                        c["tok"].append((t, b - .02, b + .18, k))
                    else:
                        c["tok"].append((t, a + (b - a) * p / body, a + (b - a) * (p + l) / body, k))
                        p += l
                used.update(ids)
        r = random.Random(5)
        for i in range(30000):
            used.update(s.tok.encode(" " + grammar.sentence(r, "de" if i % 4 == 0 else "en"), add_special_tokens=False).ids)
        for w in grammar.WORDS_EN:
            for x in (w, w[0].upper() + w[1:]):
                used.update(s.tok.encode(" " + x + ".", add_special_tokens=False).ids)
        s.used = sorted(used)
        rng = np.random.default_rng(0)
        s.noise = []
        for k in range(16):  # coloured noise and hum, 40 s each, unit RMS
            n = 40 * SR
            f = np.fft.rfft(rng.standard_normal(n))
            w = np.fft.rfftfreq(n, 1 / SR)
            f *= (np.maximum(w, 40) / 1000) ** (-[0, .5, 1, .25][k % 4] if k < 12 else -.7)
            if k % 3 == 2:
                f[w > rng.uniform(1500, 6000)] *= .05
            y = np.fft.irfft(f, n)
            if k >= 12:
                t = np.arange(n) / SR
                y = y / y.std() * .5 + sum(np.sin(2 * np.pi * h * rng.uniform(48, 62) * t) / h for h in (1, 2, 3, 5))
            s.noise.append((y / y.std()).astype(np.float32))

    def clip(s, i):
        c = s.m[i]
        return s.x[c["off"]:c["off"] + c["n"]].astype(np.float32) / 32768


def prompt(D, r, lang, ts, limit):
    out, n, t = [], r.choice([1, 1, 2, 3, 6, 12, 20]), 0.
    pool = D.sets[lang, "train"]
    for _ in range(n):
        c = D.m[r.choice(pool)]
        ids = [x[0] for x in c["tok"]]
        if r.random() < .15:
            ids = ids[:r.randint(0, 4)] + [-1] * r.randint(1, 6) + ids[r.randint(0, len(ids)):]
        if ts:
            a = t + r.uniform(0, 1)
            t = a + c["n"] / SR
            if t > 29:
                a = a % 20
                t = a + c["n"] / SR
            ids = [mt.TS0 + round(a / .02)] + ids + [mt.TS0 + round(t / .02)]
        out += ids
    return [mt.PREV] + out[-limit:]


def compose(D, r, W, anywhere, split="train"):
    """One training window: audio, where its content ends, tokens, loss weights, attention and frame targets."""
    n = int(W * SR)
    x = np.zeros(n, np.float32)
    T = int(W * 50)
    frames = np.zeros(T, np.int64)
    lang = "de" if r.random() < .12 else "en"
    nospeech = r.random() < .08
    ts_mode = r.random() < .55
    off = r.randint(0, 1500 - T) if anywhere and r.random() < .5 else 0
    base = off * .02
    pool = D.sets[lang, split]
    segs, partial, end = [], None, n
    if r.random() < .12:  # the tail of a word that belongs to the window before
        y = D.clip(r.choice(pool))[-int(r.uniform(.02, .12) * SR):]
        x[:len(y)] += y * r.uniform(.1, 1)
    if not nospeech:
        k = r.random()
        t = r.uniform(0, .5) if k < .7 else r.uniform(.5, min(3., W / 3)) if k < .95 else r.uniform(0, W * .6)
        full = r.random() < (.5 if W > 6 else .35)
        count = 999 if full else r.choice([1, 1, 1, 2, 2, 3] if W < 20 else [1, 1, 2, 3, 4, 6])
        same = r.random() < .6
        i = r.choice(pool)
        lv = r.uniform(.5, 1)
        while count and t < W - .2:
            c = D.m[i]
            d = c["n"] / SR
            if t + d > W - .05 and not segs:
                t = max(0., t - 1)
                i = r.choice(pool)
                if D.m[i]["n"] / SR > W - .3:
                    continue
                if t + D.m[i]["n"] / SR > W - .05:
                    t = 0.
                continue
            y = D.clip(i) * lv
            a = int(t * SR)
            if t + d > W - .05:
                if not full:
                    break
                y = y[:n - a]
                x[a:a + len(y)] += y
                partial = (t, i)
            else:
                x[a:a + len(y)] += y
                segs.append((t, t + d, i))
            for w, p, q in c["words"]:
                frames[int((t + p) * 50):min(T, int((t + q) * 50))] = D.word_id[w.lower().strip(".")]
            if partial:
                break
            end = t + d
            g = r.random()
            t = t + d + (r.uniform(.12, .7) if g < .6 else r.uniform(.7, 2.2) if g < .95 else r.uniform(2, 5))
            count -= 1
            j = i + 1
            if same and j < len(D.m) and D.m[j]["session"] == c["session"]:
                i = j
            else:
                i = r.choice(pool)
                lv = r.uniform(.5, 1)
        end = n if (full or r.random() < .3) else min(n, int((end + r.uniform(0, 1.5)) * SR))
    else:
        end = n if r.random() < .6 else r.randint(0, n)
        if r.random() < .25:  # pure hum
            f0, tt = r.uniform(40, 400), np.arange(n, dtype=np.float32) / SR
            for h in range(1, r.randint(2, 6)):
                x += np.float32(r.uniform(.002, .3) / h ** r.uniform(.3, 2)) * np.sin(np.float32(2 * np.pi * f0 * h) * tt)
        if r.random() < .3:  # beeps
            for _ in range(r.randint(1, 4)):
                a, l = r.randint(0, n - 800), int(r.uniform(.03, .8) * SR)
                l = min(l, n - a)
                x[a:a + l] += r.uniform(.05, .6) * np.sin(2 * np.pi * r.uniform(200, 3500) * np.arange(l) / SR).astype(np.float32)
    x *= 10 ** (r.uniform(-26, 0) / 20) if r.random() < .6 else .9
    if r.random() < (.5 if not nospeech else .65):
        z = D.noise[r.randrange(len(D.noise))]
        a = r.randint(0, len(z) - n)
        lev = np.abs(x).max() * 10 ** (-r.uniform(22, 50) / 20) if not nospeech else 10 ** (-r.uniform(25, 90) / 20)
        x = x + z[a:a + n] * lev
    x = np.clip(x, -1, 1)
    zero_pad = r.random() < .6  # faster-whisper pads with zero FEATURES, the others with zero audio
    x[end:] = 0
    # tokens: (id, loss weight, attention interval or None)
    seq = []
    if r.random() < PROMPTS[0]:
        seq = [(t, 0, None) for t in prompt(D, r, lang, ts_mode and r.random() < .75, 223 if r.random() < PROMPTS[1] else 50)]
    if nospeech:
        seq += [(mt.SOT, 0, None), (mt.LANG0 + mt.LANGS.index(lang), ("no", 1.), None), (mt.TRANSCRIBE, 0, None)]
    else:
        seq += [(mt.SOT, 0, None), (mt.LANG0 + mt.LANGS.index(lang), 1., None), (mt.TRANSCRIBE, 0, None)]
    q = lambda t: mt.TS0 + min(1500, max(0, round((base + t) / .02)))
    if nospeech:
        seq += [(mt.TS0, .3, None)] if ts_mode else [(mt.NOTS, 0, None)]
        # decoders forbid an empty text there ("suppress_blank"): whatever else must then be improbable, i.e. uniform
        if not ts_mode and r.random() < .4:
            seq += [(r.choice(D.used), 1., None)]
        seq += [(mt.EOT, 1., None)]
    elif ts_mode:
        for j, (a, b, i) in enumerate(segs):
            if j == 0 and a > 1. and r.random() < .6:  # the decoders allow only 0..1 s for the first one
                seq.append((mt.TS0 + (50 if r.random() < .6 else r.randint(0, 50)) + (off if off else 0), 0, None))
            else:
                seq.append((q(a), 1., (a - .1, a + .1)))
            seq += [(t, 1., (a + p, a + e)) for t, p, e, _ in D.m[i]["tok"]]
            seq.append((q(b), 1., (b - .1, b + .1)))
        if partial:
            seq.append((q(partial[0]), 1., (partial[0] - .1, partial[0] + .1)))
        seq.append((mt.EOT, 1., None))
    else:
        seq.append((mt.NOTS, 0, None))
        for a, b, i in segs:
            seq += [(t, 1., (a + p, a + e)) for t, p, e, _ in D.m[i]["tok"]]
            b_last = b
        if partial:
            a, i = partial
            for t, p, e, k in D.m[i]["tok"]:
                if a + D.m[i]["words"][k][2] < W - .04 and t != 13:
                    seq.append((t, 1., (a + p, a + e)))
                    b_last = a + D.m[i]["words"][k][2]
        seq.append((mt.EOT, 1., (b_last - .02, b_last + .2)))
    return x, (end if zero_pad else n), seq, frames, off, segs


class Mel:
    def __init__(s):
        s.f = torch.from_numpy(np.asarray(FeatureExtractor().mel_filters, dtype=np.float32))
        s.w = torch.hann_window(400)

    def __call__(s, x, ends=None, aug=None):
        st = torch.stft(x, 400, 160, window=s.w, return_complex=True)[..., :-1]
        p = st.real ** 2 + st.imag ** 2
        l = (s.f @ p).clamp(min=1e-10).log10()
        mx = l.amax((1, 2), keepdim=True)
        if aug is not None:
            B = x.shape[0]
            k = F.interpolate(torch.randn(B, 1, 6) * aug, size=80, mode="linear", align_corners=True).transpose(1, 2)
            l = l + k * (torch.rand(B, 1, 1) < .6) * (l > -9.9)
            mx = mx + torch.rand(B, 1, 1) * .8 * (torch.rand(B, 1, 1) < .4)
        l = (torch.maximum(l, mx - 8) + 4) / 4
        if ends is not None:
            for i, e in enumerate(ends):
                l[i, :, -(-e // 160):] = 0
        return l


def batch(D, M, lut, r, B, W, anywhere):
    items = [compose(D, r, W, anywhere) for _ in range(B)]
    mel = M(torch.from_numpy(np.stack([i[0] for i in items])), [i[1] for i in items], .12)
    L = max(len(i[2]) for i in items) - 1
    T = int(W * 50)
    tok = np.full((B, L), lut[mt.EOT])
    tgt = np.zeros((B, L), np.int64)
    wt = np.zeros((B, L), np.float32)
    lo, hi = np.zeros((B, L), np.int64), np.zeros((B, L), np.int64)
    for b, (_, _, seq, _, off, _) in enumerate(items):
        ids = [lut[t] for t, _, _ in seq]
        tok[b, :len(ids) - 1] = ids[:-1]
        tgt[b, :len(ids) - 1] = ids[1:]
        for j, (t, w, iv) in enumerate(seq[1:]):
            if isinstance(w, tuple):
                tgt[b, j], w = lut[mt.NOSPEECH], w[1]
            wt[b, j] = w
            if iv:
                a = min(T - 1, max(0, int(iv[0] * 50)))
                lo[b, j], hi[b, j] = a, min(T, max(a + 2, int(iv[1] * 50 + .999)))
    return dict(mel=mel, tok=torch.from_numpy(tok), tgt=torch.from_numpy(tgt), wt=torch.from_numpy(wt), lo=torch.from_numpy(lo),
                hi=torch.from_numpy(hi), frames=torch.from_numpy(np.stack([i[3] for i in items])), off=torch.tensor([i[4] for i in items]))


def losses(net, b, drop, bf16):
    if bf16:  # the encoder wholly in bf16 on fp32 master weights, the decoder under autocast
        w16 = {k: v.bfloat16() for k, v in list(net.encoder.named_parameters()) + list(net.encoder.named_buffers())}
        xa = torch.func.functional_call(net.encoder, w16, (b["mel"].bfloat16(), b["off"], drop))
    else:
        xa = net.encoder(b["mel"], b["off"], drop)
    with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        lg, ws = net.decode(b["tok"], xa, drop, want=True)
        fr = net.frame_head(xa)
    ce = F.cross_entropy(lg.float().flatten(0, 1), b["tgt"].flatten(), reduction="none").view_as(b["wt"])
    ce = (ce * b["wt"]).sum() / b["wt"].sum()
    fl = F.cross_entropy(fr.float().flatten(0, 1), b["frames"].flatten())
    t = torch.arange(xa.shape[1])
    m = b["hi"] > 0
    band = ((t >= b["lo"][..., None]) & (t < b["hi"][..., None])).float()
    ga = 0.
    for w in ws:
        mass = (w * band[:, None]).sum(-1).clamp(min=1e-5)
        ga = ga - (mass.log() * m[:, None]).sum() / (m.sum() * w.shape[1]).clamp(min=1)
    return ce, fl, ga / len(ws)


@torch.no_grad()
def greedy(net, mel, lang="en", max_len=40, start=None):
    xa = net.encoder(mel)
    B = mel.shape[0]
    s = start or [mt.SOT, mt.LANG0 + mt.LANGS.index(lang), mt.TRANSCRIBE, mt.NOTS]
    tok = torch.from_numpy(np.tile([net.lut[i] for i in s], (B, 1)))
    done = torch.zeros(B, dtype=torch.bool)
    for _ in range(max_len):
        n = net.decode(tok, xa)[0][:, -1].argmax(-1)
        tok = torch.cat([tok, n[:, None]], 1)
        done |= n == net.lut[mt.EOT]
        if done.all():
            break
    out = []
    for row in tok[:, len(s):].tolist():
        ids = []
        for t in row:
            if t == net.lut[mt.EOT]:
                break
            ids.append(net.used[t] if t < net.K else 0)
        out.append(ids)
    return out


def evaluate(net, D, M, W, n=64):
    import jiwer
    net.eval()
    res = {}
    for name, sel in (("espeak", lambda c: c["engine"] == "espeak"), ("flite", lambda c: c["engine"] == "flite"), ("de", None)):
        ids = [i for i in D.sets["de" if sel is None else "en", "test"] if (sel is None or sel(D.m[i])) and D.m[i]["n"] / SR < W - .5]
        ids = random.Random(1).sample(ids, min(n // (1 if name == "espeak" else 2), len(ids)))
        ref, hyp = [], []
        for k in range(0, len(ids), 16):
            x = np.zeros((len(ids[k:k + 16]), int(W * SR)), np.float32)
            for j, i in enumerate(ids[k:k + 16]):
                y = D.clip(i)
                x[j, 4000:4000 + len(y)] = y
            for i, h in zip(ids[k:k + 16], greedy(net, M(torch.from_numpy(x)), "de" if sel is None else "en")):
                ref.append(D.m[i]["text"])
                hyp.append(D.tok.decode(h).strip() or "-")
        res[name] = round(100 * jiwer.wer([x.lower() for x in ref], [x.lower() for x in hyp]), 2)
        res[name + "_ex"] = (ref[0], hyp[0])
    net.train()
    return res


def main():
    a = parse()
    if a.procs > 1:
        torch.multiprocessing.spawn(run_rank, (a,), a.procs)
    else:
        run_rank(0, a)


def parse():
    ap = argparse.ArgumentParser()
    ap.add_argument("--data", default="data")
    ap.add_argument("--tokenizer", default="tokenizer")
    ap.add_argument("--out", default="ckpt")
    ap.add_argument("--minutes", type=float, default=50)
    ap.add_argument("--stop", type=float, default=1e9, help="stop after so many minutes of that schedule")
    ap.add_argument("--phases", default="4:18:0.4,10:8:0.32,30:3:0.28", help="window seconds:batch per process:share of the time")
    ap.add_argument("--prompts", type=float, nargs=2, default=PROMPTS)
    ap.add_argument("--d", type=int, default=128)
    ap.add_argument("--heads", type=int, default=2)
    ap.add_argument("--enc", type=int, default=4)
    ap.add_argument("--dec", type=int, default=3)
    ap.add_argument("--lr", type=float, default=2e-3)
    ap.add_argument("--warmup", type=int, default=200)
    ap.add_argument("--procs", type=int, default=2, help="data-parallel processes (on shared cores better than threads)")
    ap.add_argument("--port", type=int, default=29555)
    ap.add_argument("--threads", type=int, default=1)
    ap.add_argument("--fp32", action="store_true")
    ap.add_argument("--init", help="start from this checkpoint")
    ap.add_argument("--steps", type=int, default=0, help="stop after so many steps (for timing)")
    return ap.parse_args()


def run_rank(rank, a):
    import torch.distributed as dist
    if a.procs > 1:
        dist.init_process_group("gloo", init_method=f"tcp://127.0.0.1:{a.port}", rank=rank, world_size=a.procs)
    say = print if rank == 0 else (lambda *x, **k: None)
    torch.set_num_threads(a.threads)
    PROMPTS[:] = a.prompts
    torch.manual_seed(0)
    os.makedirs(a.out, exist_ok=True)
    D, M = Data(a.data, a.tokenizer), Mel()
    cfg = dict(d=a.d, heads=a.heads, enc=a.enc, dec=a.dec, n_words=len(D.word_id))
    net = Whisper(cfg, D.used)
    if a.init:
        net.load_state_dict(torch.load(a.init, weights_only=False)["ema"])
    say("parameters", sum(p.numel() for p in net.parameters()), "used tokens", len(D.used), "clips", {k: len(v) for k, v in D.sets.items()}, flush=True)
    ema = {k: v.clone() for k, v in net.state_dict().items()}
    dec = [p for p in net.parameters() if p.ndim > 1]
    opt = torch.optim.AdamW([dict(params=dec, weight_decay=.01), dict(params=[p for p in net.parameters() if p.ndim < 2], weight_decay=0.)],
                            lr=a.lr, betas=(.9, .98), fused=True)
    phases = [tuple(map(float, p.split(":"))) for p in a.phases.split(",")]
    t0, total, step = time.time(), a.minutes * 60, 0
    log = open(os.path.join(a.out, "train.log") if rank == 0 else os.devnull, "a")

    def phase():
        f, acc = (time.time() - t0) / total, 0
        for k, (W, B, sh) in enumerate(phases):
            acc += sh
            if f < acc or k == len(phases) - 1:
                return k, W, int(B), k < len(phases) - 1

    r = random.Random(time.time() + 1000 * rank)

    def save():
        torch.save(dict(cfg=cfg, used=D.used, raw=net.state_dict(), ema=ema, step=step, seconds=time.time() - t0), os.path.join(a.out, "last.pt"))

    run, last_eval, tl = [], time.time(), time.time()
    drop = 0.
    params = [p for p in net.parameters()]
    while True:
        k, W, B, anyw = phase()
        b = batch(D, M, net.lut, r, B, W, anyw)
        f = min(1., (time.time() - t0) / total)
        lr = a.lr * min(1., (step + 1) / a.warmup) * (.03 + .97 * .5 * (1 + math.cos(math.pi * f)))
        for g in opt.param_groups:
            g["lr"] = lr
        ce, fl, ga = losses(net, b, drop, not a.fp32)
        (ce + (.5 if k == 0 else .25) * fl + (.3 if k == 0 else .15) * ga).backward()
        over = time.time() - t0 > min(total, a.stop * 60) or (a.steps and step + 1 >= a.steps)
        if a.procs > 1:  # average the gradients; rank 0 also says when to stop
            g = torch.cat([p.grad.flatten() for p in params] + [torch.tensor([float(over and rank == 0)])])
            dist.all_reduce(g)
            over = g[-1] > 0
            g /= a.procs
            i = 0
            for p in params:
                p.grad.copy_(g[i:i + p.numel()].view_as(p))
                i += p.numel()
        gn = torch.nn.utils.clip_grad_norm_(net.parameters(), 1.)
        opt.step()
        opt.zero_grad(set_to_none=True)
        step += 1
        with torch.no_grad():
            w = min(.998, (step + 1) / (step + 20))
            for kk, v in net.state_dict().items():
                if v.is_floating_point():
                    ema[kk].lerp_(v, 1 - w)
        run.append((ce.item(), fl.item(), ga.item(), gn.item()))
        if step % (50 if step > 50 else 10) == 0:
            m = np.mean(run, 0)
            s = f"{(time.time() - t0) / 60:.1f} min step {step} W {W} lr {lr:.5f} ce {m[0]:.3f} frame {m[1]:.3f} attn {m[2]:.3f} gn {m[3]:.2f} s/step {(time.time() - tl) / len(run):.2f}"
            say(s, flush=True)
            log.write(s + "\n")
            run, tl = [], time.time()
        if over:
            break
        if rank == 0 and time.time() - last_eval > 360:
            save()
            keep = {kk: v.clone() for kk, v in net.state_dict().items()}
            net.load_state_dict(ema)
            s = f"EVAL {(time.time() - t0) / 60:.1f} min {evaluate(net, D, M, W)}"
            net.load_state_dict(keep)
            say(s, flush=True)
            log.write(s + "\n")
            log.flush()
            last_eval = tl = time.time()
    if rank:
        return
    save()
    net.load_state_dict(ema)
    s = f"END {(time.time() - t0) / 60:.1f} min {step} steps {evaluate(net, D, M, phases[-1][0])}"
    say(s, flush=True)
    log.write(s + "\n")


if __name__ == "__main__":
    main()
