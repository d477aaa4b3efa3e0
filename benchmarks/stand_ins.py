"""Servers that hear a request as others do, where those cannot be installed: their calls, not their code.

    python benchmarks/stand_ins.py speaches|whisper-asr-webservice MODEL PORT

Both run with the libraries and the int8 model that Auricle has here. `speaches`: decoded by faster-whisper,
its voice activity detection, the batched pipeline without timestamps, in FastAPI's thread pool.
`whisper-asr-webservice`: decoded by the ffmpeg program, beam 5, no voice activity detection, one request
after the other. What else the real ones do (logs, traces, unloading models) is left out, to their advantage.
"""

import subprocess
import sys
import threading
from typing import Annotated

import numpy as np
import uvicorn
from fastapi import FastAPI, File, Form, UploadFile
from faster_whisper import BatchedInferencePipeline, WhisperModel, decode_audio

FFMPEG = ["ffmpeg", "-threads", "0", "-i", "pipe:", "-f", "s16le", "-acodec", "pcm_s16le", "-ac", "1"]


def speaches(model: WhisperModel) -> FastAPI:
    app = FastAPI()

    @app.post(PATHS["speaches"])
    def transcriptions(
        file: Annotated[UploadFile, File()], language: Annotated[str | None, Form()] = None
    ) -> dict[str, str]:
        samples = decode_audio(file.file, sampling_rate=16_000)
        pipeline = BatchedInferencePipeline(model)
        segments, _ = pipeline.transcribe(samples, language=language, temperature=0.0, vad_filter=True)
        return {"text": "".join(segment.text for segment in segments).strip()}

    return app


def whisper_asr_webservice(model: WhisperModel) -> FastAPI:
    app = FastAPI()
    lock = threading.Lock()

    @app.post(PATHS["whisper-asr-webservice"])
    async def asr(audio_file: Annotated[UploadFile, File()], language: str | None = None) -> dict[str, str]:
        command = [*FFMPEG, "-ar", "16000", "-"]
        decoded = subprocess.run(
            command, input=audio_file.file.read(), capture_output=True, check=True
        ).stdout
        samples = np.frombuffer(decoded, np.int16).astype(np.float32) / 32768
        with lock:
            segments, _ = model.transcribe(samples, beam_size=5, task="transcribe", language=language)
            return {"text": "".join(segment.text for segment in segments)}

    return app


APPS = {"speaches": speaches, "whisper-asr-webservice": whisper_asr_webservice}
PATHS = {"speaches": "/v1/audio/transcriptions", "whisper-asr-webservice": "/asr"}


def main() -> None:
    name, model, port = sys.argv[1:]
    app = APPS[name](WhisperModel(model, device="cpu", compute_type="int8"))
    uvicorn.run(app, port=int(port), log_level="warning")


if __name__ == "__main__":
    main()
