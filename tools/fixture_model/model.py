"""Whisper in openai-whisper's layout and names, over a compact vocabulary.

The vocabulary is compact during training: the text tokens the grammar uses, all special tokens, and one
extra row u that stands for every one of the N unused tokens. Its logit gets + log N, so the loss IS the
softmax over all 51865 tokens with the unused rows tied to u: nothing needs fixing afterwards, export()
just writes u into every unused row. Timestamp rows are sinusoid @ W + residual, so neighbours share learning.
"""
import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from fixture_model import make_tokenizer as mt


def sinusoids(n, d):
    inv = torch.exp(-math.log(10000) / (d // 2 - 1) * torch.arange(d // 2))
    t = torch.arange(n)[:, None] * inv[None]
    return torch.cat([t.sin(), t.cos()], 1)


class Attention(nn.Module):
    def __init__(s, d, h):
        super().__init__()
        s.h = h
        s.query, s.key, s.value, s.out = nn.Linear(d, d), nn.Linear(d, d, bias=False), nn.Linear(d, d), nn.Linear(d, d)

    def forward(s, x, xa=None, causal=False, want=0):
        src = x if xa is None else xa
        f = lambda t: t.view(t.shape[0], t.shape[1], s.h, -1).transpose(1, 2)
        q, k, v = f(s.query(x)), f(s.key(src)), f(s.value(src))
        w = None
        if want:  # also return the weights of the first `want` heads
            w = (q[:, :want].float() @ k[:, :want].float().transpose(-1, -2) * q.shape[-1] ** -.5).softmax(-1)
        o = F.scaled_dot_product_attention(q, k, v, is_causal=causal)
        return s.out(o.transpose(1, 2).flatten(2)), w


class Block(nn.Module):
    def __init__(s, d, h, cross):
        super().__init__()
        s.attn, s.attn_ln = Attention(d, h), nn.LayerNorm(d)
        if cross:
            s.cross_attn, s.cross_attn_ln = Attention(d, h), nn.LayerNorm(d)
        s.mlp, s.mlp_ln = nn.Sequential(nn.Linear(d, 4 * d), nn.GELU(), nn.Linear(4 * d, d)), nn.LayerNorm(d)

    def forward(s, x, xa=None, want=0, drop=0.):
        dr = (lambda t: F.dropout(t, drop, s.training)) if drop else (lambda t: t)
        x = x + dr(s.attn(s.attn_ln(x), causal=xa is not None)[0])
        w = None
        if xa is not None:
            o, w = s.cross_attn(s.cross_attn_ln(x), xa, want=want)
            x = x + dr(o)
        return x + dr(s.mlp(s.mlp_ln(x))), w


class Encoder(nn.Module):
    def __init__(s, c):
        super().__init__()
        d = c["d"]
        s.conv1, s.conv2 = nn.Conv1d(80, d, 3, padding=1), nn.Conv1d(d, d, 3, stride=2, padding=1)
        s.register_buffer("positional_embedding", sinusoids(1500, d))
        s.blocks = nn.ModuleList(Block(d, c["heads"], False) for _ in range(c["enc"]))
        s.ln_post = nn.LayerNorm(d)

    def forward(s, mel, off=None, drop=0.):
        x = F.gelu(s.conv1(mel))
        x = F.gelu(s.conv2(x)).transpose(1, 2)
        i = torch.arange(x.shape[1])[None] + (0 if off is None else off[:, None])
        x = x + s.positional_embedding[i]
        for b in s.blocks:
            x, _ = b(x, drop=drop)
        return s.ln_post(x)


class Decoder(nn.Module):
    def __init__(s, c):
        super().__init__()
        d = c["d"]
        s.positional_embedding = nn.Parameter(torch.randn(448, d) * .02)
        s.blocks = nn.ModuleList(Block(d, c["heads"], True) for _ in range(c["dec"]))
        s.ln = nn.LayerNorm(d)


class Whisper(nn.Module):
    GUIDED = [(1, 0), (2, 0)]  # decoder layer, head: taught to attend to the audio of the next token

    def __init__(s, c, used):
        super().__init__()
        s.c, s.used = c, list(used)
        d, K = c["d"], len(used)
        s.K, s.n_sp = K, mt.TS0 - mt.EOT
        s.encoder, s.decoder = Encoder(c), Decoder(c)
        s.emb = nn.Parameter(torch.randn(K + s.n_sp, d) * .03)
        s.emb_unk = nn.Parameter(torch.randn(1, d) * .01)
        s.ts_w = nn.Parameter(torch.randn(d, d) * .03 / d ** .5)
        s.ts_res = nn.Parameter(torch.zeros(1501, d))
        s.register_buffer("ts_sin", sinusoids(1501, d))
        s.register_buffer("bias", torch.cat([torch.zeros(K + s.n_sp + 1501), torch.tensor([math.log(mt.N_VOCAB - K - s.n_sp - 1501)])]))
        sign = torch.sign(torch.randn(d))  # u starts far below the used rows
        s.decoder.ln.bias.data = .5 * sign
        s.emb_unk.data = -.3 * sign[None]
        lut = np.full(mt.N_VOCAB, K + s.n_sp + 1501)
        lut[s.used] = np.arange(K)
        lut[mt.EOT:] = K + np.arange(mt.N_VOCAB - mt.EOT)
        s.lut = lut
        s.frame_head = nn.Linear(d, c["n_words"] + 1)

    def table(s):
        return torch.cat([s.emb, s.ts_sin @ s.ts_w + s.ts_res, s.emb_unk])

    def decode(s, tok, xa, drop=0., want=False):
        E = s.table()
        x = F.embedding(tok, E) + s.decoder.positional_embedding[:tok.shape[1]]
        ws = []
        for i, b in enumerate(s.decoder.blocks):
            n = sum(1 for l, _ in s.GUIDED if l == i) if want else 0
            x, w = b(x, xa, want=n, drop=drop)
            if w is not None:
                ws.append(w)
        return F.linear(s.decoder.ln(x), E) + s.bias, ws

    def export(s):
        """State dict in openai-whisper's names with the full 51865-row vocabulary."""
        sd = {k: v for k, v in s.state_dict().items() if k.startswith(("encoder.", "decoder."))}
        E = s.table().detach()
        sd["decoder.token_embedding.weight"] = E[torch.from_numpy(s.lut)].clone()
        return {k: v.clone() for k, v in sd.items()}
