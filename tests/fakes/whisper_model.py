"""A Whisper model in CTranslate2's real format whose weights make it say a script.

Loading, features, encoder, beam search, timestamp rules, alignment: all of it is the real code. Layers add
nothing (their output projections are zero), so what the decoder says depends on nothing but the position:
position embedding i points at the projection row of the i-th token of the script. Cross attention is made to
look at a later moment for each position, so that the alignment has words follow each other WORD_S apart.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from ctranslate2.specs import whisper_spec
from faster_whisper.tokenizer import _LANGUAGE_CODES
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

WIDTH, MELS, HEADS = 64, 80, 2
END = 50257
"""<|endoftext|> of the multilingual vocabulary; languages and timestamps follow in its order."""
PROMPT_TOKENS = 3
WORD_S = 0.3
_ENCODER_POSITION_S = 0.02
_ALPHABET = sorted(pre_tokenizers.ByteLevel.alphabet())


def write(folder: Path, words: list[str], end_s: float, language: str = "en") -> Path:
    """A model folder that says `words` from 0 to end_s seconds in every window that it hears."""
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = _text_vocabulary(words)
    specials = _specials()
    timestamps = [f"<|{i * 0.02:.2f}|>" for i in range(1501)]
    _tokenizer(vocabulary, [*specials, *timestamps]).save(str(folder / "tokenizer.json"))
    tokens = [*vocabulary, *specials, *timestamps]
    ids = {token: i for i, token in enumerate(tokens)}
    spoken = [ids[_as_bytes(" " + word)] for word in words]
    script = [ids["<|0.00|>"], *spoken, ids[f"<|{end_s:.2f}|>"], ids["<|endoftext|>"]]
    spec = _spec(len(tokens), script, ids[f"<|{language}|>"])
    spec.register_vocabulary(tokens)
    spec.config.suppress_ids = []
    spec.config.suppress_ids_begin = [ids["<|endoftext|>"]]
    spec.config.lang_ids = [ids[f"<|{code}|>"] for code in _LANGUAGE_CODES[:99]]
    spec.config.alignment_heads = [(0, 0), (0, 1)]
    spec.validate()
    spec.save(str(folder))
    (folder / "preprocessor_config.json").write_text(json.dumps({"feature_size": MELS}))
    return folder


def _as_bytes(text: str) -> str:
    """Text in the byte alphabet of GPT-2's vocabulary."""
    return pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False).pre_tokenize_str(text)[0][0]


def _text_vocabulary(words: list[str]) -> list[str]:
    tokens = [*_ALPHABET, *dict.fromkeys(_as_bytes(" " + word) for word in words)]
    unused = (f"unused{i}" for i in range(END - 1 - len(tokens)))
    return [*tokens, *unused, ""]  # by its empty token CTranslate2 knows a multilingual vocabulary


def _specials() -> list[str]:
    languages = [f"<|{code}|>" for code in _LANGUAGE_CODES[:99]]
    tasks = ["translate", "transcribe", "startoflm", "startofprev", "nospeech", "notimestamps"]
    return ["<|endoftext|>", "<|startoftranscript|>", *languages, *(f"<|{task}|>" for task in tasks)]


def _tokenizer(vocabulary: list[str], added: list[str]) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE({token: i for i, token in enumerate(vocabulary)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in added])
    return tokenizer


def _spec(vocabulary_size: int, script: list[int], language: int) -> whisper_spec.WhisperSpec:
    draw = np.random.default_rng(11)

    def random(*shape: int, scale: float = 0.1) -> np.ndarray:
        return (scale * draw.standard_normal(shape)).astype(np.float32)

    spec = whisper_spec.WhisperSpec(1, HEADS, 1, HEADS)
    encoder, decoder = spec.encoder, spec.decoder
    for conv, channels in ((encoder.conv1, MELS), (encoder.conv2, WIDTH)):
        conv.weight, conv.bias = random(WIDTH, channels, 3, scale=0.001), random(WIDTH, scale=0.001)
    moments = _moments()
    encoder.position_encodings.encodings = moments
    projection = draw.standard_normal((vocabulary_size, WIDTH)).astype(np.float32)
    projection /= np.linalg.norm(projection, axis=1, keepdims=True)
    projection -= projection.mean(axis=1, keepdims=True)  # a layer norm takes the mean away
    positions = random(448, WIDTH, scale=0.001)
    positions[0] = projection[language]
    for place, token in enumerate(script):
        positions[PROMPT_TOKENS - 1 + place] = projection[token]
    decoder.embeddings.weight = random(vocabulary_size, WIDTH, scale=0.001)
    decoder.position_encodings.encodings = positions
    decoder.projection.weight = 4 * projection
    for layer in (*encoder.layer, *decoder.layer):
        _attention(layer.self_attention, random)
        _norm(layer.ffn.layer_norm)
        _linear(layer.ffn.linear_0, random(4 * WIDTH, WIDTH))
        _linear(layer.ffn.linear_1, np.zeros((WIDTH, 4 * WIDTH), np.float32))
    for layer in decoder.layer:
        _attention(layer.attention, random)
        _look_along(layer.attention, _normed(positions[: PROMPT_TOKENS + len(script)]), _normed(moments))
    _norm(encoder.layer_norm)
    _norm(decoder.layer_norm)
    return spec


def _attention(attention, random) -> None:
    """Its output projection is zero: attention looks (for the alignment) and changes nothing."""
    _norm(attention.layer_norm)
    fused = {2: [3], 3: [1, 2]}[len(attention.linear)]
    for linear, times in zip(attention.linear[:-1], fused, strict=True):
        _linear(linear, random(times * WIDTH, WIDTH, scale=0.3))
    _linear(attention.linear[-1], np.zeros((WIDTH, WIDTH), np.float32))


def _moments() -> np.ndarray:
    """(1500, WIDTH) an encoding of each encoder position in which near moments are alike and far ones not."""
    speeds = 2 * np.pi / np.geomspace(20, 3000, WIDTH // 2)
    phase = np.arange(1500)[:, None] * speeds
    return np.stack([np.cos(phase), np.sin(phase)], axis=2).reshape(1500, WIDTH).astype(np.float32)


def _normed(rows: np.ndarray) -> np.ndarray:
    centred = rows - rows.mean(axis=1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(axis=1, keepdims=True) + 1e-5)


def _look_along(attention, positions: np.ndarray, moments: np.ndarray) -> None:
    """Queries of decoder position i are the keys of the moment at which its word is said."""
    at = np.arange(len(positions)) * round(WORD_S / _ENCODER_POSITION_S)
    wanted = 2.0 * moments[np.minimum(at, len(moments) - 1)]
    attention.linear[0].weight = np.linalg.lstsq(positions, wanted, rcond=None)[0].T.astype(np.float32)
    attention.linear[1].weight[:WIDTH] = np.eye(WIDTH, dtype=np.float32)


def _linear(linear, weight: np.ndarray) -> None:
    linear.weight = weight
    linear.bias = np.zeros(len(weight), np.float32)


def _norm(norm) -> None:
    norm.gamma = np.ones(WIDTH, np.float32)
    norm.beta = np.zeros(WIDTH, np.float32)
