"""Writes a Whisper model of a real size with random weights: for measuring speed where none can be fetched.

The shape, the vocabulary and the quantisation are those of a real model, so encoder, decoder and word
alignment cost what they cost in real life. The text is nonsense, but well behaved: every window starts at
<|0.00|>, goes on with one English word per token, sure of each, and never ends on its own. So every window
decodes the same number of tokens: with faster-whisper's `max_new_tokens=N`, which CTranslate2 halves
together with the prompt, (N + 3) // 2 of them.

    python tools/random_whisper.py small OUT_DIR [--seed 0] [--tokenizer FOLDER]
"""

import argparse
import json
import re
import shutil
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

TINY_MODEL = Path(__file__).resolve().parents[1] / "tests/fixtures/whisper-fixture-ct2"
MELS, FRAMES, POSITIONS = 80, 1500, 448
ENGLISH, FIRST_TIMESTAMP = "<|en|>", "<|0.00|>"
WORD = re.compile("Ġ[a-z]{2,}")


@dataclass(frozen=True, slots=True)
class Shape:
    """Width of the model, attention heads, and layers of the encoder and of the decoder each."""

    width: int
    heads: int
    layers: int


SHAPES = {
    "tiny": Shape(width=384, heads=6, layers=4),
    "base": Shape(width=512, heads=8, layers=6),
    "small": Shape(width=768, heads=12, layers=12),
    "medium": Shape(width=1024, heads=16, layers=24),
}


class Weights:
    """Draws arrays from one seeded source and puts them into the layers of a CTranslate2 specification."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)

    def draw(self, *shape: int, std: float = 0.02) -> NDArray[np.float32]:
        """Normally distributed numbers; 0.02 is what Transformers usually start their training from."""
        return self._random.standard_normal(shape, dtype=np.float32) * np.float32(std)

    def fill_linear(self, layer: Any, rows: int, columns: int) -> None:
        layer.weight = self.draw(rows, columns)
        layer.bias = self.draw(rows)

    def fill_norm(self, layer: Any, width: int) -> None:
        layer.gamma = np.ones(width, np.float32)
        layer.beta = self.draw(width)

    def fill_convolution(self, layer: Any, rows: int, columns: int) -> None:
        layer.weight = self.draw(rows, columns, 3)
        layer.bias = self.draw(rows)

    def fill_attention(self, layer: Any, width: int) -> None:
        """Self-attention keeps queries, keys and values in one matrix, cross-attention queries apart."""
        self.fill_norm(layer.layer_norm, width)
        inputs = [3] if len(layer.linear) == 2 else [1, 2]
        for linear, parts in zip(layer.linear, [*inputs, 1], strict=True):
            self.fill_linear(linear, parts * width, width)

    def fill_feed_forward(self, layer: Any, width: int) -> None:
        self.fill_norm(layer.layer_norm, width)
        self.fill_linear(layer.linear_0, 4 * width, width)
        self.fill_linear(layer.linear_1, width, 4 * width)


def sinusoids(length: int, width: int) -> NDArray[np.float32]:
    """Positions as the Transformer's sine and cosine waves (Vaswani et al. 2017, in Whisper's order)."""
    rates = np.exp(-np.log(10000) / (width // 2 - 1) * np.arange(width // 2))
    angles = np.arange(length)[:, None] * rates
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1).astype(np.float32)


def fill_encoder(encoder: Any, shape: Shape, weights: Weights) -> None:
    weights.fill_convolution(encoder.conv1, shape.width, MELS)
    weights.fill_convolution(encoder.conv2, shape.width, shape.width)
    encoder.position_encodings.encodings = sinusoids(FRAMES, shape.width)
    for layer in encoder.layer:
        weights.fill_attention(layer.self_attention, shape.width)
        weights.fill_feed_forward(layer.ffn, shape.width)
    weights.fill_norm(encoder.layer_norm, shape.width)


def fill_decoder(decoder: Any, shape: Shape, weights: Weights, tokens: list[str]) -> None:
    # Large next to what the layers add, so that each place and each token before it lead to another word.
    decoder.embeddings.weight = weights.draw(len(tokens), shape.width, std=1)
    decoder.position_encodings.encodings = weights.draw(POSITIONS, shape.width, std=1)
    for layer in decoder.layer:
        weights.fill_attention(layer.self_attention, shape.width)
        weights.fill_attention(layer.attention, shape.width)
        weights.fill_feed_forward(layer.ffn, shape.width)
    weights.fill_norm(decoder.layer_norm, shape.width)
    # A normalised state has length sqrt(width): logits spread by 30, so that one token is always sure.
    # Rows unlike the embeddings: with Whisper's shared ones, a random decoder repeats its last token.
    decoder.projection.weight = weights.draw(len(tokens), shape.width, std=30 / shape.width**0.5)
    decoder.projection.bias = token_bias(tokens)


def token_bias(tokens: list[str]) -> NDArray[np.float32]:
    """Only whole words may come; where the rules of decoding leave no word, <|0.00|> or English."""
    bias = np.full(len(tokens), -10_000, np.float32)
    for index, token in enumerate(tokens):
        if WORD.fullmatch(token):
            bias[index] = 0
    bias[[tokens.index(ENGLISH), tokens.index(FIRST_TIMESTAMP)]] = -5_000
    return bias


def write_model(shape: Shape, folder: Path, *, seed: int = 0, tokenizer: Path = TINY_MODEL) -> None:
    """Write an int8 CTranslate2 folder that faster-whisper loads by path.

    `tokenizer` is a model folder whose vocabulary and configuration are taken over.
    """
    from ctranslate2.specs.whisper_spec import WhisperSpec

    tokens = json.loads((tokenizer / "vocabulary.json").read_text(encoding="utf-8"))
    config = json.loads((tokenizer / "config.json").read_text(encoding="utf-8"))
    spec = WhisperSpec(shape.layers, shape.heads, shape.layers, shape.heads)
    weights = Weights(seed)
    fill_encoder(spec.encoder, shape, weights)
    fill_decoder(spec.decoder, shape, weights, tokens)
    spec.register_vocabulary(tokens)
    for name in ("suppress_ids", "suppress_ids_begin", "lang_ids"):
        setattr(spec.config, name, config[name])
    # The converter's choice for models without known alignment heads: all heads of the upper half.
    spec.config.alignment_heads = list(product(range(shape.layers // 2, shape.layers), range(shape.heads)))
    spec.validate()
    spec.optimize(quantization="int8")
    folder.mkdir(parents=True, exist_ok=True)
    spec.save(str(folder))
    for name in ("tokenizer.json", "preprocessor_config.json"):
        shutil.copy(tokenizer / name, folder)


def main() -> None:
    parser = argparse.ArgumentParser(description="Write a Whisper model with random weights.")
    parser.add_argument("size", choices=SHAPES)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--tokenizer", type=Path, default=TINY_MODEL, help="model folder whose vocabulary to take"
    )
    given = parser.parse_args()
    write_model(SHAPES[given.size], given.folder, seed=given.seed, tokenizer=given.tokenizer)


if __name__ == "__main__":
    main()
