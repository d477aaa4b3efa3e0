/** Where the sound comes from: a microphone, a tab or the screen, or both at once. */

import { words } from '../../words';

const said = words.microphone.faults;

export type SourceKind = 'microphone' | 'tab' | 'both';

/** What is wanted. */
export interface Wanted {
  readonly kind: SourceKind;
  /** A microphone's id; empty for the usual one. */
  readonly device: string;
  /** Whether the browser takes noise and echo out. */
  readonly clean: boolean;
}

/** Sound that comes in. */
export interface Source {
  /** What is recorded. */
  readonly stream: MediaStream;
  /** The loudest sample since it was asked last, 0 to 1. */
  level(): number;
  /** Called when a device is unplugged or a tab no longer shared. */
  onEnded(act: () => void): void;
  close(): void;
}

/** Why nothing can be recorded on this page at all; null where it can. */
export function whyNot(): string | null {
  if (!isSecureContext) return said.insecure;
  if (!('mediaDevices' in navigator) || typeof MediaRecorder === 'undefined')
    return said.unsupported;
  return null;
}

/** Whether this browser can record the sound of a tab. */
export function canHearTabs(): boolean {
  return 'mediaDevices' in navigator && 'getDisplayMedia' in navigator.mediaDevices;
}

/** The microphones there are; they have names only once the browser may use one. */
export async function microphones(): Promise<MediaDeviceInfo[]> {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices.filter((one) => one.kind === 'audioinput' && one.deviceId !== '' && one.label);
}

/** Open what is wanted; throws an Error whose message tells people what to do. */
export async function openSource(wanted: Wanted): Promise<Source> {
  const streams: MediaStream[] = [];
  try {
    if (wanted.kind !== 'tab') streams.push(await openMicrophone(wanted));
    if (wanted.kind !== 'microphone') streams.push(await openTab());
    return joined(streams);
  } catch (error) {
    stopAll(streams);
    throw new Error(sentence(error, wanted.kind), { cause: error });
  }
}

function openMicrophone({ device, clean }: Wanted): Promise<MediaStream> {
  return navigator.mediaDevices.getUserMedia({
    audio: {
      ...(device && { deviceId: { exact: device } }),
      echoCancellation: clean,
      noiseSuppression: clean,
      autoGainControl: clean,
    },
  });
}

async function openTab(): Promise<MediaStream> {
  // Browsers share sound only together with a picture; nothing is done with that.
  const shared = await navigator.mediaDevices.getDisplayMedia({ video: true, audio: true });
  if (shared.getAudioTracks().length > 0) return shared;
  stopAll([shared]);
  throw new Error(said.noSound);
}

/** Several streams as one, and how loud that is. */
function joined(streams: readonly MediaStream[]): Source {
  const context = new AudioContext();
  const target = context.createMediaStreamDestination();
  const meter = context.createAnalyser();
  meter.fftSize = 2048;
  for (const stream of streams) {
    const sound = context.createMediaStreamSource(new MediaStream(stream.getAudioTracks()));
    sound.connect(target);
    sound.connect(meter);
  }
  void context.resume();
  const samples = new Float32Array(meter.fftSize);
  return {
    stream: target.stream,
    level: () => {
      meter.getFloatTimeDomainData(samples);
      return samples.reduce((loudest, one) => Math.max(loudest, Math.abs(one)), 0);
    },
    onEnded: (act) => {
      for (const track of streams.flatMap((one) => one.getAudioTracks()))
        track.addEventListener('ended', act, { once: true });
    },
    close: () => {
      stopAll(streams);
      void context.close();
    },
  };
}

function stopAll(streams: readonly MediaStream[]): void {
  for (const track of streams.flatMap((one) => one.getTracks())) track.stop();
}

function sentence(error: unknown, kind: SourceKind): string {
  if (!(error instanceof DOMException)) return error instanceof Error ? error.message : '';
  switch (error.name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return kind === 'tab' ? said.cancelled : said.refused;
    case 'NotFoundError':
    case 'OverconstrainedError':
      return said.none;
    case 'NotReadableError':
    case 'AbortError':
      return said.busy;
    default:
      return said.other(error.message);
  }
}
