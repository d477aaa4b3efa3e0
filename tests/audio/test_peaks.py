import json

import numpy as np
import pytest

from auricle.audio.peaks import BUCKET, Peaks, PeaksBuilder


def build(samples: np.ndarray, block: int) -> Peaks:
    builder = PeaksBuilder(len(samples))
    for begin in range(0, samples.shape[1], block):
        builder.add(samples[:, begin : begin + block])
    return builder.finish()


@pytest.fixture
def samples() -> np.ndarray:
    return np.random.default_rng(3).integers(-32768, 32768, (2, 10 * BUCKET + 123)).astype(np.int16)


@pytest.mark.parametrize("block", [1, 799, 800, 801, 5000, 100_000])
def test_peaks_do_not_depend_on_how_the_samples_come(block, samples):
    columns = build(samples[:, : 3 * BUCKET + 7] if block == 1 else samples, block).columns
    bucket = samples[1, BUCKET : 2 * BUCKET]
    assert tuple(columns[1, 1]) == (bucket.min() >> 8, bucket.max() >> 8)
    assert columns.shape == (4 if block == 1 else 11, 2, 2)


def test_the_last_bucket_may_be_short(samples):
    rest = samples[:, 10 * BUCKET :]
    assert np.array_equal(build(samples, 4096).columns[-1, :, 1], rest.max(axis=1) >> 8)


def test_no_samples_give_no_columns():
    assert PeaksBuilder(1).finish().columns.shape == (0, 1, 2)
    assert Peaks.from_bytes(PeaksBuilder(1).finish().to_bytes()).columns.shape == (0, 1, 2)


def test_the_json_form_is_that_of_audiowaveform(samples):
    document = json.loads(json.dumps(build(samples, 1000).to_dict()))
    assert {name: document[name] for name in document if name != "data"} == {
        "version": 2,
        "channels": 2,
        "sample_rate": 16_000,
        "samples_per_pixel": 800,
        "bits": 8,
        "length": 11,
    }
    left, right = samples[:, :BUCKET]
    assert document["data"][:4] == [left.min() >> 8, left.max() >> 8, right.min() >> 8, right.max() >> 8]
    assert len(document["data"]) == 11 * 2 * 2


def test_the_binary_form_reads_back(samples):
    peaks = build(samples, 1000)
    again = Peaks.from_bytes(peaks.to_bytes())
    assert np.array_equal(again.columns, peaks.columns)
    assert again.to_dict() == peaks.to_dict()


@pytest.mark.parametrize("content", [b"", b"short", b"RIFF" + bytes(40)])
def test_other_bytes_are_refused(content):
    with pytest.raises(ValueError, match="no waveform file"):
        Peaks.from_bytes(content)


def test_a_waveform_cut_short_is_refused(samples):
    with pytest.raises(ValueError, match="no waveform file"):
        Peaks.from_bytes(build(samples, 1000).to_bytes()[:-1])


def test_twelve_hours_stay_small():
    builder = PeaksBuilder(1)
    block = np.zeros((1, 600 * 16_000), np.int16)
    for _ in range(72):
        builder.add(block)
    assert len(builder.finish().to_bytes()) < 1_800_000
